import ArgumentParser

@main
struct Analyze: ParsableCommand {
  func run() {}
}
