import ByteIO
import ModelIR
import WireFormats

/// Values that are in a file of their own.
struct ExternalBuffer {
  let file: String
  let offset: Int
  let byteCount: Int
}

/// Which operator a code stands for.
struct OperatorCode {
  let builtin: BuiltinOperator
  let customName: String?
  let version: Int

  /// The schema's name, or the custom operator's.
  var sourceType: String {
    customName ?? builtin.name ?? "BUILTIN_\(builtin.code)"
  }
}

extension Loader {
  /// Finds the bytes of all buffers.
  func readBuffers() throws(ReadError) {
    let tables = try located("buffers") { () throws(ReadError) in
      try root.tables(slot: Slot.Model.buffers)
    }
    buffers.reserveCapacity(tables.count)
    for index in 0..<tables.count {
      buffers.append(
        try located("buffers[\(index)]") { () throws(ReadError) in
          try content(of: try tables.table(at: index))
        }
      )
    }
  }

  /// The bytes of a buffer; `nil` where it has none.
  private func content(of table: FlatBufferTable) throws(ReadError) -> Bytes? {
    let offset = try table.uint64(slot: Slot.Buffer.offset)
    // 1 is what writers put there before they know the place; the runtime ignores it, too.
    if offset > 1 {
      let size = try table.uint64(slot: Slot.Buffer.size)
      return try outside(offset: offset, size: size, at: table.offset)
    }
    guard let data = try table.vector(slot: Slot.Buffer.data, of: UInt8.self), !data.isEmpty
    else { return nil }
    return data.bytes
  }

  /// A range of the file, behind the FlatBuffer.
  func outside(offset: UInt64, size: UInt64, at place: Int) throws(ReadError) -> Bytes? {
    guard let start = Int(exactly: offset), let count = Int(exactly: size), start <= bytes.count,
      count <= bytes.count - start
    else {
      throw ReadError(
        .modelTruncated,
        "\(size) bytes at \(offset) are named, but the file has \(bytes.count)",
        at: place,
        hint: "is the file complete?"
      )
    }
    return count == 0 ? nil : try bytes.slice(at: start, count: count)
  }

  /// The bytes that buffers take; parts that two of them share count once.
  func constantBytes() -> Int {
    var seen: Set<Int> = []
    var total = 0
    for case .some(let data) in buffers where seen.insert(data.offset).inserted {
      let (sum, overflow) = total.addingReportingOverflow(data.count)
      total = overflow ? bytes.count : sum
    }
    return min(total, bytes.count)
  }

  /// Notes which values are in other files.
  func readExternalBuffers() throws(ReadError) {
    let groups = try root.tables(slot: Slot.Model.externalBufferGroups)
    var files: [String] = []
    for index in 0..<groups.count {
      let name = try located("external_buffer_groups[\(index)]") { () throws(ReadError) in
        try groups.table(at: index).string(slot: 0)
      }
      files.append(try text(name))
    }
    let tables = try root.tables(slot: Slot.Model.externalBuffers)
    for index in 0..<tables.count {
      try located("external_buffers[\(index)]") { () throws(ReadError) in
        let table = try tables.table(at: index)
        let group = Int64(try table.uint32(slot: Slot.ExternalBuffer.group))
        let file = files[try self.index(group, below: files.count, "file group")]
        let offset = try table.uint64(slot: Slot.ExternalBuffer.offset)
        let length = try table.uint64(slot: Slot.ExternalBuffer.length)
        _ = try table.string(slot: Slot.ExternalBuffer.packing)
        guard let start = Int(exactly: offset), let count = Int(exactly: length),
          !start.addingReportingOverflow(count).overflow
        else {
          throw ReadError(
            .modelInvalid,
            "\(length) bytes at \(offset) cannot be in a file",
            at: table.offset
          )
        }
        let id = try table.uint32(slot: Slot.ExternalBuffer.id)
        externalBuffers[id] = ExternalBuffer(file: file, offset: start, byteCount: count)
      }
    }
  }

  /// Reads which operators the model uses.
  ///
  /// Codes up to 126 stand in an 8-bit field and in a 32-bit one, greater ones in the latter
  /// only; older files have only the former. The greater of both is the code.
  func readOperatorCodes() throws(ReadError) {
    let tables = try located("operator_codes") { () throws(ReadError) in
      try root.tables(slot: Slot.Model.operatorCodes)
    }
    for index in 0..<tables.count {
      try located("operator_codes[\(index)]") { () throws(ReadError) in
        let table = try tables.table(at: index)
        let old = Int(try table.int8(slot: Slot.OperatorCode.deprecatedBuiltinCode))
        let new = Int(try table.int32(slot: Slot.OperatorCode.builtinCode))
        let builtin = BuiltinOperator(code: max(old, new))
        guard builtin.code >= 0 else {
          throw ReadError(
            .modelInvalid,
            "operator code \(builtin.code) is negative",
            at: table.offset
          )
        }
        let name = try text(try table.string(slot: Slot.OperatorCode.customCode))
        let isCustom = builtin == .custom
        guard !isCustom || !name.isEmpty else {
          throw ReadError(.modelInvalid, "a custom operator has no name", at: table.offset)
        }
        if builtin.name == nil {
          findings.add(.unknownBuiltin, "builtin operator \(builtin.code) is not known")
        }
        try allocation.charge(MemoryLayout<OperatorCode>.stride)
        operatorCodes.append(
          OperatorCode(
            builtin: builtin,
            customName: isCustom ? name : nil,
            version: Int(try table.int32(slot: Slot.OperatorCode.version, default: 1))
          )
        )
      }
    }
  }
}
