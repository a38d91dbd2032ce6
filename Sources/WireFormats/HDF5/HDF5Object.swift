import ByteIO

/// Something that a path leads to: a group, a dataset or a named type.
package struct HDF5Object: Sendable {
  /// What an object is.
  package enum Kind: Equatable, Sendable {
    case group
    case dataset
    case namedType
  }

  /// The path from the root, with a slash at the beginning.
  package private(set) var path: String
  package let kind: Kind
  let frame: HDF5Frame
  let header: HDF5ObjectHeader

  init(
    at address: UInt64,
    path: String,
    _ frame: HDF5Frame,
    _ trace: inout HDF5Trace
  ) throws(ReadError) {
    self.path = path
    self.frame = frame
    header = try HDF5ObjectHeader(at: address, frame, &trace)
    let kinds = Set(header.messages.compactMap(\.kind))
    if kinds.contains(.symbolTable) || kinds.contains(.linkInfo) || kinds.contains(.link) {
      kind = .group
    } else if kinds.contains(.layout) || kinds.contains(.externalFiles) {
      kind = .dataset
    } else if kinds.contains(.datatype) {
      kind = .namedType
    } else {
      throw ReadError(
        .modelInvalid,
        "an object that is neither group nor dataset nor type",
        at: frame.bytes.offset + Int(clamping: address)
      )
    }
  }

  /// The same object under another name.
  func renamed(_ path: String) -> Self {
    var copy = self
    copy.path = path
    return copy
  }

  /// The attributes.
  package func attributes() throws(ReadError) -> HDF5Attributes {
    var trace = HDF5Trace(frame, path: path)
    return try attributes(&trace)
  }

  func attributes(_ trace: inout HDF5Trace) throws(ReadError) -> HDF5Attributes {
    try located(path) { () throws(ReadError) in try HDF5Attributes(of: header, frame, &trace) }
  }

  /// The group that this is.
  ///
  /// - Throws: `MODEL_INVALID` where it is none.
  package func group() throws(ReadError) -> HDF5Group {
    var trace = HDF5Trace(frame, path: path)
    return try group(&trace)
  }

  func group(_ trace: inout HDF5Trace) throws(ReadError) -> HDF5Group {
    guard kind == .group else { throw ReadError(.modelInvalid, "not a group", path: path) }
    return try located(path) { () throws(ReadError) in
      HDF5Group(object: self, links: try HDF5Link.members(of: header, frame, &trace))
    }
  }

  /// The dataset that this is.
  ///
  /// - Throws: `MODEL_INVALID` where it is none, `MODEL_UNSUPPORTED` where its data is in other
  ///   files or data sets.
  package func dataset() throws(ReadError) -> HDF5Dataset {
    var trace = HDF5Trace(frame, path: path)
    return try dataset(&trace)
  }

  func dataset(_ trace: inout HDF5Trace) throws(ReadError) -> HDF5Dataset {
    guard kind == .dataset else { throw ReadError(.modelInvalid, "not a dataset", path: path) }
    return try located(path) { () throws(ReadError) in try HDF5Dataset(self, &trace) }
  }
}
