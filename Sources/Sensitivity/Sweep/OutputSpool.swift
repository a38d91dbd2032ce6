import ByteIO
import ModelIR
import Operators

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The outputs of trials until all samples were run, in a file without a name: for the user's metric,
/// which looks at all samples at once.
final class OutputSpool {
  private struct Place {
    var offset: Int
    var tensors: [(type: ElementType, sizes: [Int], count: Int)]
  }

  private let descriptor: Int32
  private var end = 0
  /// By trial and sample.
  private var places: [Int: [Int: Place]] = [:]

  /// - Throws: where there is no room for temporary files.
  init() throws(ReadError) {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/analyze-outputs-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      throw ReadError(.ioWrite, "no temporary file: " + systemMessage(), file: folder)
    }
    unlink(template)
  }

  deinit { close(descriptor) }

  /// Whether a trial's outputs on these samples are kept.
  func holds(_ trial: Int, _ positions: some Sequence<Int>) -> Bool {
    guard let known = places[trial] else { return false }
    return positions.allSatisfy { known[$0] != nil }
  }

  /// Keeps one sample's outputs.
  ///
  /// - Returns: Whether they are of a kind that can be kept: real numbers and integers.
  /// - Throws: where the file cannot be written.
  func append(_ trial: Int, _ position: Int, _ outputs: [Tensor]) throws(ReadError) -> Bool {
    var bytes: [UInt8] = []
    var tensors: [(type: ElementType, sizes: [Int], count: Int)] = []
    for output in outputs {
      switch output.elements {
      case .floats(let values) where output.type.isFloat: values.withUnsafeBytes { bytes += $0 }
      case .integers(let values): values.withUnsafeBytes { bytes += $0 }
      default: return false
      }
      tensors.append((output.type, output.sizes, output.count))
    }
    guard lseek(descriptor, off_t(end), SEEK_SET) >= 0 else {
      throw Self.failure(systemMessage())
    }
    do throws(WriteError) {
      try FileOutput.write(bytes, to: descriptor)
    } catch {
      throw Self.failure(error.message)
    }
    places[trial, default: [:]][position] = Place(offset: end, tensors: tensors)
    end += bytes.count
    return true
  }

  private static func failure(_ message: String) -> ReadError {
    ReadError(.ioWrite, "cannot write: " + message, file: "a temporary file")
  }

  /// A trial's outputs on all samples, which are not kept any longer; `nil` where some are missing.
  func take(_ trial: Int, sampleCount: Int) -> [[Tensor]]? {
    guard holds(trial, 0..<sampleCount), let known = places.removeValue(forKey: trial) else {
      return nil
    }
    var result: [[Tensor]] = []
    for position in 0..<sampleCount {
      guard let place = known[position], let tensors = read(place) else { return nil }
      result.append(tensors)
    }
    return result
  }

  private func read(_ place: Place) -> [Tensor]? {
    var offset = place.offset
    var result: [Tensor] = []
    for (type, sizes, count) in place.tensors {
      let isReal = type.isFloat
      let width = isReal ? 4 : 8
      var bytes = [UInt8](repeating: 0, count: count * width)
      let isRead = bytes.withUnsafeMutableBytes { target -> Bool in
        var done = 0
        while done < target.count {
          let part = pread(
            descriptor,
            target.baseAddress.map { $0 + done },
            target.count - done,
            off_t(offset + done)
          )
          guard part > 0 else { return false }
          done += part
        }
        return true
      }
      guard isRead else { return nil }
      offset += bytes.count
      let elements: Tensor.Elements = bytes.withUnsafeBytes { source in
        isReal
          ? .floats(source.bindMemory(to: Float.self).map { $0 })
          : .integers(source.bindMemory(to: Int64.self).map { $0 })
      }
      result.append(Tensor(type: type, sizes: sizes, elements: elements))
    }
    return result
  }
}
