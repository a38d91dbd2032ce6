/// What has to be known of the command line before it is parsed.
struct RawOptions {
  /// Those before `--`.
  private let arguments: ArraySlice<String>
  private let all: [String]

  init(_ arguments: [String]) {
    all = arguments
    self.arguments = arguments.prefix { $0 != "--" }
  }

  /// Whether a flag is there.
  func has(_ flag: String) -> Bool { arguments.contains(flag) }

  /// The arguments without a flag; what follows `--` stays.
  func without(_ flag: String) -> [String] {
    arguments.filter { $0 != flag } + all[arguments.endIndex...]
  }

  /// Errors take the form of the results, also where the command line is wrong.
  var wantsJSON: Bool {
    values(of: ["--format", "-f"]).contains("json")
  }

  /// The last value of a limit; 0 where it is not set.
  func limit(_ name: String) -> UInt64 {
    let options = values(of: ["--limit"]).compactMap { LimitOption(argument: $0) }
    return options.last { $0.name == name }.map { UInt64($0.value) } ?? 0
  }

  private func values(of names: [String]) -> [String] {
    var values: [String] = []
    for (index, argument) in arguments.enumerated() {
      if names.contains(argument), arguments.indices.contains(index + 1) {
        values.append(arguments[index + 1])
      } else if let name = names.first(where: { argument.hasPrefix($0 + "=") }) {
        values.append(String(argument.dropFirst(name.count + 1)))
      }
    }
    return values
  }
}
