import ArgumentParser
import ByteIO
import Execution
import ModelIR
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// `analyze run MODEL --input X.npz -o Y.npz`: what the model makes of given inputs.
struct RunCommand: StatusCommand {
  /// Which tensors are written.
  enum Kept: String, ExpressibleByArgument, CaseIterable {
    case outputs, all
  }

  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a model on given inputs.",
    discussion: """
      The arrays of the input bear the names of the model's inputs, or in0, in1, … in the model's \
      order. Rows beyond the model's own number are run one after the other.

      EXAMPLES
        analyze run Examples/digits/digits_cnn.tflite --input Examples/digits/test.npz -o answers.npz
        analyze run Examples/digits/digits_cnn.onnx --input Examples/digits/test.npz --tensors all -o all.npz
      """
  )

  @Argument(
    help: ArgumentHelp("The model; its name says nothing of its format.", valueName: "MODEL")
  )
  var model: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The inputs: .npz or .npy.", valueName: "PATH")
  )
  var input: String

  @Option(name: .long, help: ArgumentHelp("Which tensors to write.", valueName: "outputs|all"))
  var tensors: Kept = .outputs

  @Flag(name: .long, help: "Name the outputs out0, out1, … in the model's order.")
  var positional = false

  @Option(name: .long, help: ArgumentHelp("Which of the model's signatures.", valueName: "NAME"))
  var signature: String?

  @Flag(name: .long, help: "Bit-exact integer arithmetic of the format's reference kernels.")
  var reference = false

  @OptionGroup var shared: SharedOptions

  func validate() throws {
    guard shared.output != nil else { throw ValidationError("-o PATH says where to write") }
    guard shared.shape.isEmpty, shared.batch == nil else {
      throw ValidationError("--shape and --batch do not apply: the input's arrays have shapes")
    }
  }

  func status() throws -> ExitStatus {
    let output = shared.output ?? ""
    for (path, what) in [(model, "model"), (input, "input")]
    where FileOutput.isSameFile(output, path) {
      throw CommandFailure(.usage, path: output, "the output would replace the \(what)")
    }
    let (loaded, source, file) = try ModelLoader.load(
      model,
      signature: signature,
      limits: shared.limits
    )
    let bytes = try results(of: loaded)
    do throws(ReadError) {
      try source.checkUnchanged(path: file)
    } catch {
      throw CommandFailure(error, path: model)
    }
    do throws(WriteError) {
      try FileOutput.replace(output, with: bytes)
    } catch {
      throw CommandFailure(error)
    }
    return .done
  }

  /// Runs the model and writes the archive in memory.
  private func results(of loaded: Model) throws(CommandFailure) -> [UInt8] {
    let archive = try readInput()
    do throws(ExecutionError) {
      let call = try ModelCall(loaded, signature: signature)
      let given = try call.tensors(from: archive)
      noteUnusualNumbers(call, given)
      let progress = ProgressLine(isQuiet: shared.quiet)
      defer { progress.finish() }
      let results = try call.run(
        given,
        keeping: tensors == .all ? Set(call.computedValues) : [],
        limits: shared.limits.run,
        engine: reference ? .reference : .compiled(threads: shared.threadCount)
      ) { done, total in
        if done < total { progress.show("\(model): running", done: done, of: total) }
      }
      noteUnusualResults(call, results)
      return try TensorArchive.serialized(named(results, of: call))
    } catch {
      throw CommandFailure(error, path: error.code == .dataInvalid ? input : model)
    }
  }

  private func readInput() throws(CommandFailure) -> TensorArchive {
    do throws(ReadError) {
      return try TensorArchive(try ByteSource.mapping(path: input).bytes)
    } catch {
      throw CommandFailure(error, path: input)
    }
  }

  // MARK: - Names

  /// The tensors to write, each under a name of its own: outputs first, then the others in the order
  /// in which they are computed.
  private func named(_ results: ModelCall.Results, of call: ModelCall)
    -> [(name: String, tensor: Tensor)]
  {
    var names = UniqueNames()
    var entries: [(name: String, tensor: Tensor)] = []
    for (index, output) in call.outputs.enumerated() {
      let name = positional ? "out\(index)" : output.names.first ?? "out\(index)"
      entries.append((names.unique(name), results.outputs[index]))
    }
    let outputs = Set(call.outputs.map(\.value))
    for value in call.computedValues where !outputs.contains(value) {
      guard let tensor = results.kept[value] else { continue }
      let name = call.model[call.graph][value].name
      guard tensor.npyArray() != nil else {
        note("\"\(name)\" is left out: a .npz cannot hold \(tensor.type.rawValue)")
        continue
      }
      entries.append((names.unique(name.isEmpty ? "tensor\(value.index)" : name), tensor))
    }
    return entries
  }

  // MARK: - Notes

  /// NaN and infinity are run as they are, but seldom meant.
  private func noteUnusualNumbers(_ call: ModelCall, _ given: [Tensor]) {
    for (input, tensor) in zip(call.inputs, given) { noteUnusual("input", input, tensor) }
  }

  /// Results that are no numbers say that the model does not stand what it was given.
  private func noteUnusualResults(_ call: ModelCall, _ results: ModelCall.Results) {
    for (output, tensor) in zip(call.outputs, results.outputs) {
      noteUnusual("output", output, tensor)
    }
  }

  private func noteUnusual(_ what: String, _ parameter: ModelCall.Parameter, _ tensor: Tensor) {
    let (notNumbers, infinite) = tensor.unusualNumbers
    guard notNumbers + infinite > 0 else { return }
    note(
      "\(what) \"\(parameter.names.first ?? "")\" has \(notNumbers) NaN and \(infinite) infinite"
        + " of \(tensor.count) values"
    )
  }

  // A note that cannot be written is no error.
  private func note(_ text: String) {
    guard !shared.quiet else { return }
    let line = "analyze: note: " + escapedForTerminal(text) + "\n"
    try? FileOutput.write(Array(line.utf8), to: STDERR_FILENO)
  }
}

/// Gives each name once: the second `x` becomes `x#2`.
private struct UniqueNames {
  private var used: Set<String> = []

  mutating func unique(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(name)#\(number)"
      number += 1
    }
    return candidate
  }
}

extension Tensor {
  /// How many elements are no numbers, and how many infinite.
  fileprivate var unusualNumbers: (notNumbers: Int, infinite: Int) {
    switch elements {
    case .floats(let values):
      (values.count { $0.isNaN }, values.count { $0.isInfinite })
    case .doubles(let values):
      (values.count { $0.isNaN }, values.count { $0.isInfinite })
    default: (0, 0)
    }
  }
}

extension CommandFailure {
  init(_ error: ExecutionError, path: String) {
    self.init(
      error.code,
      path: path,
      error.message + (error.path.map { " (\($0))" } ?? "")
    )
  }
}
