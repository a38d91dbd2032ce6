/// TensorFlow Lite's arena: buffers whose lives overlap do not share bytes; each goes to the tightest
/// gap that holds it.
///
/// The tightness is compared against a gap measured from the *aligned* start and remembered as one
/// measured from the unaligned start. It looks like an oversight and decides some placements, so it
/// is kept. Source: LiteRT, tflite/simple_memory_arena.cc, `SimpleMemoryArena::Allocate`.
struct BestFitArena {
  private struct Entry {
    var offset: Int
    var bytes: Int
    var first: Int
    var last: Int
  }

  /// LiteRT's `kDefaultArenaAlignment` and `kDefaultTensorAlignment`.
  static let alignment = 64

  private var entries: [Entry] = []
  /// The end of the highest buffer so far.
  private(set) var highWaterMark = 0

  /// The offset for a buffer that is alive from step `first` to step `last`.
  ///
  /// - Complexity: O(buffers placed before).
  mutating func place(bytes: Int, first: Int, last: Int) -> Int {
    guard bytes > 0 else { return 0 }
    var best: Int?
    var bestFit = Int.max
    var current = 0
    for entry in entries where entry.last >= first && entry.first <= last {
      let start = aligned(current, to: Self.alignment)
      if start + bytes <= entry.offset, entry.offset - start < bestFit {
        best = start
        bestFit = entry.offset - current
      }
      current = max(current, entry.offset + entry.bytes)
      if bestFit == 0 { break }
    }
    let offset = best ?? aligned(current, to: Self.alignment)
    highWaterMark = max(highWaterMark, offset + bytes)
    let place = entries.firstIndex { $0.offset > offset } ?? entries.count
    entries.insert(Entry(offset: offset, bytes: bytes, first: first, last: last), at: place)
    return offset
  }
}
