import Profiling
import WireFormats

extension JSONReport {
  /// `outlook`: an entry for each mode.
  static func outlook(_ entries: [OutlookEntry]) -> JSONValue {
    .array(
      entries.map { entry in
        [
          "mode": .string(entry.mode.rawValue), "fileBytes": JSONValue(entry.fileBytes),
          "weightBytes": JSONValue(entry.weightBytes), "arenaBytes": JSONValue(entry.arenaBytes),
          "gzipBytes": JSONValue(entry.gzipBytes),
          "estimatedMilliseconds": JSONValue(entry.estimatedMilliseconds),
          "note": .string(entry.note),
          "targets": .array(
            entry.effects.map { effect in
              [
                "name": .string(effect.target), "effect": .string(effect.effect),
                "reason": .string(effect.reason),
              ]
            }
          ),
        ]
      }
    )
  }
}
