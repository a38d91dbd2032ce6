import ByteIO
import Sensitivity

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs the user's program for `--metric command:CMD`.
///
/// `sh` runs `CMD` with the path of an `.npz` as its last argument; it prints one number. What it writes to
/// standard error is shown where it fails.
struct MetricCommand: Sendable {
  var command: String
  /// Seconds until it is ended.
  var seconds: Int

  /// Without `--limit metric-time=`.
  static let standardSeconds = 600
  /// More is no number.
  private static let answerLimit = 4096

  var metric: OwnMetric {
    OwnMetric(command: command) { archive in value(archive) }
  }

  private func value(_ archive: [UInt8]) -> OwnMetric.Value {
    let folder = CIPlatform.variable("TMPDIR") ?? "/tmp"
    var name = Array("\(folder)/analyze-metric-XXXXXX.npz".utf8CString)
    let file = mkstemps(&name, 4)
    guard file >= 0 else { return .trouble("no temporary file: " + systemMessage()) }
    let path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    defer { unlink(path) }
    do throws(WriteError) {
      defer { close(file) }
      try FileOutput.write(archive, to: file, path: path)
    } catch {
      return .trouble("\(error.path ?? path): \(error.message)")
    }
    return run(path)
  }

  private func run(_ path: String) -> OwnMetric.Value {
    var answer: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard pipe(&answer) == 0 else { return .trouble("no pipe: " + systemMessage()) }
    guard pipe(&errors) == 0 else {
      let message = systemMessage()
      answer.forEach { close($0) }
      return .trouble("no pipe: " + message)
    }
    // The read ends are not the child's.
    for end in [answer[0], errors[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let process = start(path, answer[1], errors[1])
    close(answer[1])
    close(errors[1])
    defer {
      close(answer[0])
      close(errors[0])
    }
    guard let process else { return .trouble("sh cannot be run: " + systemMessage()) }
    let deadline = ContinuousClock.now + .seconds(seconds)
    let (texts, isToldInTime) = listen([answer[0], errors[0]], until: deadline)
    var end: Int32?
    if isToldInTime {
      do throws(WaitError) {
        end = try status(of: process, until: deadline)
      } catch {
        return .trouble("its end was not told: " + error.message)
      }
    }
    guard let status = end else {
      // The group has the processes that the shell began.
      kill(-process, SIGKILL)
      while waitpid(process, nil, 0) < 0, errno == EINTR {}
      return .trouble("no answer within \(seconds) s (--limit metric-time=)")
    }
    let said = Self.lastLine(texts[1]).map { ": " + $0 } ?? ""
    guard status & 0x7F == 0 else { return .trouble("ended by signal \(status & 0x7F)" + said) }
    let code = (status >> 8) & 0xFF
    guard code == 0 else { return .trouble("exit status \(code)" + said) }
    let text = String(decoding: texts[0], as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).map(String.init)
    guard text.count == 1, let number = Double(text[0]), number.isFinite else {
      let shown = Self.lastLine(texts[0]) ?? "nothing"
      return .trouble("printed no number but \"\(shown)\"")
    }
    return .number(number)
  }

  private struct WaitError: Error {
    var message: String
  }

  /// How a process ended; `nil` where it is still there when the time is over: it may close its outputs
  /// and live on.
  private func status(of process: pid_t, until deadline: ContinuousClock.Instant) throws(WaitError)
    -> Int32?
  {
    var status: Int32 = 0
    var pause: UInt32 = 100
    while true {
      let found = waitpid(process, &status, WNOHANG)
      if found == process { return status }
      if found < 0, errno != EINTR { throw WaitError(message: systemMessage()) }
      guard ContinuousClock.now < deadline else { return nil }
      usleep(pause)
      pause = min(pause * 2, 20_000)
    }
  }

  private func start(_ path: String, _ answer: Int32, _ errors: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, answer, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    for end in [answer, errors] where end > STDERR_FILENO {
      posix_spawn_file_actions_addclose(&actions, end)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    let arguments = ["sh", "-c", command + " \"$1\"", "sh", path]
    var pointers = arguments.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    var process = pid_t()
    let result = posix_spawnp(&process, "sh", &actions, &attributes, pointers, environ)
    return result == 0 ? process : nil
  }

  /// What both ends give until they are closed, as far as it is looked at; whether that was in time.
  private func listen(_ ends: [Int32], until deadline: ContinuousClock.Instant) -> (
    texts: [[UInt8]], isInTime: Bool
  ) {
    var texts: [[UInt8]] = ends.map { _ in [] }
    var open = Array(ends.indices)
    var buffer = [UInt8](repeating: 0, count: Self.answerLimit)
    while !open.isEmpty {
      let left = (deadline - ContinuousClock.now) / .milliseconds(1)
      guard left > 0 else { return (texts, false) }
      var waited = open.map { pollfd(fd: ends[$0], events: Int16(POLLIN), revents: 0) }
      guard poll(&waited, nfds_t(waited.count), Int32(min(left.rounded(.up), 60_000))) >= 0 else {
        if errno == EINTR { continue }
        return (texts, false)
      }
      for (place, entry) in zip(open, waited) where entry.revents != 0 {
        let count = read(ends[place], &buffer, buffer.count)
        guard count > 0 else {
          open.removeAll { $0 == place }
          continue
        }
        // Of long messages the end says most.
        texts[place] = Array((texts[place] + buffer[..<count]).suffix(Self.answerLimit))
      }
    }
    return (texts, true)
  }

  private static func lastLine(_ bytes: [UInt8]) -> String? {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .last { line in line.contains { !$0.isWhitespace } }.map { String($0.prefix(200)) }
  }
}
