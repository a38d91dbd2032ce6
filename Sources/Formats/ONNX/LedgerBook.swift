import ByteIO
import ModelIR
import WireFormats

/// Claims on the bytes of the model's files, made where a message is read for the first time.
///
/// The whole file is claimed as `graph` below everything else; what is for something else is
/// claimed above it.
struct LedgerBook {
  private var builder = ByteLedger.Builder()
  /// Set while a function is read again, to be inlined once more.
  var isPaused = false
  /// The bytes of fields that the schema does not have.
  private(set) var unknownFieldBytes = 0
  /// Name fields that stand side by side become one claim: a node's operands, results and name.
  private var names = 0..<0

  init(_ bytes: Bytes, path: String) {
    let file = builder.add(LedgerFile(path: path, byteCount: bytes.count), bytes: bytes)
    builder.claim(0..<bytes.count, of: file, as: .graph)
  }

  /// Labels bytes of the model's own file.
  mutating func claim(_ bytes: Bytes, as category: ByteCategory, owner: LedgerOwner? = nil) {
    guard !isPaused else { return }
    builder.claim(bytes, as: category, owner: owner, precedence: 1)
  }

  /// Labels a range of the model's own file.
  mutating func claim(_ range: Range<Int>, as category: ByteCategory, owner: LedgerOwner? = nil) {
    guard !isPaused else { return }
    builder.claim(range, of: 0, as: category, owner: owner, precedence: 1)
  }

  /// Labels weights that are in another file.
  mutating func claimExternal(_ bytes: Bytes, of file: Int, owner: LedgerOwner?) {
    builder.claim(
      bytes.offset..<bytes.endOffset,
      of: file,
      as: .weights,
      owner: owner,
      precedence: 1
    )
  }

  /// Adds a file that the model names.
  mutating func add(_ bytes: Bytes, path: String) -> Int {
    builder.add(LedgerFile(path: path, byteCount: bytes.count), bytes: bytes)
  }

  /// The text of a name field, labelled together with its tag and length, which go with it.
  mutating func name(_ field: ProtobufField, _ what: StaticString) throws(ReadError) -> Bytes {
    let bytes = try field.bytes(what)
    guard !isPaused else { return bytes }
    if names.upperBound == field.range.lowerBound {
      names = names.lowerBound..<field.range.upperBound
    } else {
      claim(names, as: .names)
      names = field.range
    }
    return bytes
  }

  /// Labels a field that says something to people.
  mutating func metadata(_ field: ProtobufField) {
    claim(field.range, as: .metadata)
  }

  /// Leaves a field that the schema does not have without explanation.
  mutating func unknown(_ field: ProtobufField) {
    guard !isPaused else { return }
    claim(field.range, as: .unattributed)
    unknownFieldBytes += field.range.count
  }

  /// The ledger.
  consuming func finish() -> ByteLedger {
    isPaused = false
    claim(names, as: .names)
    return builder.finish()
  }
}
