import AnalyzeCommands

AnalyzeTool.main()
