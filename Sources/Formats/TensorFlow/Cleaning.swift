/// What stands in a graph and computes nothing at inference.
enum Cleaning {
  /// Operators whose result is their first operand.
  static let transparent: Set<String> = [
    "Identity", "IdentityN", "RefIdentity", "StopGradient", "PreventGradient", "CheckNumerics",
    "CheckNumericsV2", "DebugGradientIdentity", "DebugIdentity", "EnsureShape", "Snapshot",
    "ReadVariableOp", "PlaceholderWithDefault", "_EagerConst", "TensorListIdentity", "Print",
    "CopyOp", "DeepCopy",
  ]

  /// Operators whose results nobody asks for: state, files, checks and notes.
  static func isSink(_ op: String) -> Bool {
    sinks.contains(op) || op.hasPrefix("Assign") || op.hasSuffix("Summary")
      || op.hasSuffix("SummaryV2") || op.hasPrefix("ResourceApply") || op.hasPrefix("Apply")
  }

  private static let sinks: Set<String> = [
    "NoOp", "Assert", "Const", "Placeholder", "PlaceholderWithDefault", "Save", "SaveV2",
    "SaveSlices", "Restore", "RestoreV2", "RestoreSlice", "MergeV2Checkpoints", "ShardedFilename",
    "VarHandleOp", "VarIsInitializedOp", "IsVariableInitialized", "VariableV2", "Variable",
    "LookupTableImportV2", "LookupTableExportV2", "InitializeTableV2",
    "InitializeTableFromTextFileV2", "DestroyResourceOp", "PrintV2", "MergeSummary",
    "ControlTrigger", "Abort", "DeleteSessionTensor", "ReadVariableOp", "WriteFile", "LoopCond",
    "NextIteration", "Enter",
  ]

  /// Operators that touch files, the network, or run code that is not in the model.
  static func isDangerous(_ op: String) -> Bool {
    dangerous.contains(op) || op.hasPrefix("PyFunc") || op.hasPrefix("EagerPyFunc")
      || op.hasPrefix("Rpc") || op.hasPrefix("DataService") || op.hasPrefix("RemoteCall")
  }

  private static let dangerous: Set<String> = [
    "ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc",
    "LoadLibrary", "RemoteFusedGraphExecute", "_Send", "_Recv", "_HostSend", "_HostRecv",
    "WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "TFRecordReader",
    "TFRecordReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "LMDBReader",
    "IdentityReader", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset",
    "InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "XlaLaunch", "XlaHostCompute",
    "SaveDataset", "LoadDataset", "SnapshotDataset", "SnapshotDatasetV2", "CollectiveReduceV2",
    "GenerateVocabRemapping", "LoadAndRemapMatrix", "ImmutableConst", "FileSystemSetConfiguration",
    "DebugNumericSummaryV2",
  ]
}
