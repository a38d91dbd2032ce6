#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Seconds of a clock that never goes back.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The tenth percentile of the seconds `body` takes, over about 60 ms: the machine may be shared.
func measure(_ body: () -> Void) -> Double {
  body()
  var samples: [Double] = []
  let end = now() + 0.06
  while samples.count < 5 || (now() < end && samples.count < 5000) {
    let start = now()
    body()
    samples.append(now() - start)
  }
  samples.sort()
  return samples[samples.count / 10]
}

/// `value` with `digits` digits after the point, right-aligned in `width` characters.
func fixed(_ value: Double, digits: Int = 1, width: Int = 8) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  var text = "\(rounded)"
  if digits == 0, let point = text.firstIndex(of: ".") { text = String(text[..<point]) }
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

/// `text` left-aligned in `width` characters.
func padded(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
