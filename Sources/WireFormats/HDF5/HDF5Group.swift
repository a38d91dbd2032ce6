import ByteIO

/// A group: names and what they stand for.
package struct HDF5Group: Sendable {
  /// A member.
  package struct Child: Equatable, Sendable {
    /// What a member is.
    package enum Kind: Equatable, Sendable {
      case object(HDF5Object.Kind)
      /// A name for another path.
      case softLink
      /// A name for something in another file.
      case externalLink
      case userDefinedLink
    }

    package var name: String
    package var kind: Kind
  }

  /// The object that the group is.
  package let object: HDF5Object
  /// The members, sorted by the bytes of their names.
  package let links: [HDF5Link]

  /// As many soft links may lead to each other.
  private static let hopLimit = 16
  /// As many names may follow each other in a path.
  private static let depthLimit = 256

  /// The path from the root.
  package var path: String { object.path }

  /// The attributes.
  package func attributes() throws(ReadError) -> HDF5Attributes { try object.attributes() }

  /// The members and what they are, sorted by the bytes of their names.
  package func children() throws(ReadError) -> [Child] {
    var children: [Child] = []
    for link in links {
      let kind: Child.Kind
      switch link.target {
      case .object(let address):
        kind = .object(try member(link.name, at: address).kind)
      case .soft: kind = .softLink
      case .external: kind = .externalLink
      case .userDefined: kind = .userDefinedLink
      }
      children.append(Child(name: link.name, kind: kind))
    }
    return children
  }

  /// What a path leads to; `nil` where there is nothing.
  ///
  /// Paths that begin with a slash begin at the root. Soft links are followed.
  package subscript(_ path: String) -> HDF5Object? {
    get throws(ReadError) { try find(path) }
  }

  /// The dataset that a path leads to; `nil` where there is nothing.
  package func dataset(_ path: String) throws(ReadError) -> HDF5Dataset? {
    try find(path)?.dataset()
  }

  /// The group that a path leads to; `nil` where there is nothing.
  package func group(_ path: String) throws(ReadError) -> HDF5Group? { try find(path)?.group() }

  /// The path of a member.
  func path(of name: String) -> String { path == "/" ? "/" + name : path + "/" + name }

  private func member(_ name: String, at address: UInt64) throws(ReadError) -> HDF5Object {
    let path = path(of: name)
    return try located(path) { () throws(ReadError) in
      var trace = HDF5Trace(object.frame, path: path)
      return try HDF5Object(at: address, path: path, object.frame, &trace)
    }
  }

  private func link(_ name: String) -> HDF5Link? {
    var low = 0
    var high = links.count
    while low < high {
      let middle = (low + high) / 2
      if links[middle].name.utf8.lexicographicallyPrecedes(name.utf8) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < links.count && links[low].name.utf8.elementsEqual(name.utf8) ? links[low] : nil
  }

  private func root() throws(ReadError) -> HDF5Object {
    var trace = HDF5Trace(object.frame, path: "/")
    return try HDF5Object(at: object.frame.root, path: "/", object.frame, &trace)
  }

  private func find(_ path: String) throws(ReadError) -> HDF5Object? {
    var place = path.hasPrefix("/") ? try root() : object
    // The names that are left, the next one last.
    var names = Self.names(path)
    var hops = 0
    var depth = 0
    while let name = names.popLast() {
      depth += 1
      guard depth <= Self.depthLimit else {
        throw ReadError(.limitExceeded, "a path of more than \(Self.depthLimit) names")
      }
      let group = place.path == self.path ? self : try place.group()
      guard let link = group.link(name) else { return nil }
      switch link.target {
      case .object(let address): place = try group.member(name, at: address)
      case .soft(let target):
        hops += 1
        guard hops <= Self.hopLimit else {
          throw ReadError(
            .limitExceeded,
            "more than \(Self.hopLimit) soft links, one leading to the next",
            path: group.path(of: name)
          )
        }
        place = target.hasPrefix("/") ? try root() : place
        names += Self.names(target)
      case .external, .userDefined: throw link.refusal(path: group.path(of: name))
      }
    }
    return place
  }

  private static func names(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
      .map { String(decoding: $0, as: UTF8.self) }.reversed()
  }
}

extension HDF5Link {
  /// The error for a member that leaves the file.
  func refusal(path: String) -> ReadError {
    switch target {
    case .external(let file, _):
      ReadError(
        .modelUnsupported,
        "an external link to the file \"\(file.prefix(128))\"",
        path: path,
        hint: "other files are never opened"
      )
    case .userDefined(let type):
      ReadError(.modelUnsupported, "a user-defined link of type \(type)", path: path)
    case .object, .soft: ReadError(.modelInvalid, "a link that leads nowhere", path: path)
    }
  }
}
