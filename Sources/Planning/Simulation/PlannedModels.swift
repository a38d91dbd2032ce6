import ByteIO
import Calibration
import Execution
import Kernels
import ModelIR
import Operators
import Synchronization
import Techniques

/// Makes the model of a plan: channels removed, weights and activations as their stored forms stand
/// for them.
///
/// What is expensive is kept: the smaller models with their calibration, and encoded weights up to a
/// limit. One caller at a time.
package final class PlannedModels {
  package let original: ActionContext
  package let sites: PlanSites
  private let data: PlanSubject.Data?
  private var contexts: [[Int: Int]: PlannedContext] = [:]
  private var assignments: [String: ActivationAssignment] = [:]
  private var encoded: [String: AppliedAction] = [:]
  private var bytesLeft: Int

  /// - Parameters:
  ///   - original: The float model with what calibration measured.
  ///   - sites: The groups of the plan.
  ///   - data: What smaller models are calibrated on: ranges and moments are measured on the samples
  ///     of the search alone.
  ///   - cacheBytes: Bytes for encoded weights.
  package init(
    _ original: ActionContext,
    sites: PlanSites,
    data: PlanSubject.Data?,
    cacheBytes: Int = 256 << 20
  ) {
    self.original = original
    self.sites = sites
    self.data = data
    bytesLeft = cacheBytes
  }

  var queue: WorkQueue { data?.queue ?? WorkQueue(threadCount: 1) }

  /// The actions of a plan, by the group.
  private func action(_ group: Int, _ chosen: [Int]) throws(PlanningError) -> Action? {
    guard let name = sites.groups[group].choices[chosen[group]].action else { return nil }
    do throws(TechniqueError) {
      return try Action(name)
    } catch {
      throw PlanningError(error)
    }
  }

  private func channelKey(_ chosen: [Int]) -> [Int: Int] {
    var key: [Int: Int] = [:]
    for group in sites.channels.keys where chosen[group] != 0 { key[group] = chosen[group] }
    return key
  }

  /// The model without a plan's channels; everything else is as it was.
  package func context(_ chosen: [Int], calibrates: Bool) throws(PlanningError) -> PlannedContext {
    let key = channelKey(chosen)
    if let known = contexts[key], !calibrates || known.context.record != nil || key.isEmpty {
      return known
    }
    var channels: [(site: Site, action: Action)] = []
    for group in key.keys.sorted() {
      guard let site = sites.channels[group], let action = try action(group, chosen) else {
        continue
      }
      channels.append((site, action))
    }
    let result = try PlannedContext(original, channels: channels) {
      (pruned) throws(PlanningError) in
      guard calibrates, let data else { return nil }
      do throws(ExecutionError) {
        let compiled = try CompiledGraph(pruned.model, inputShapes: shapes)
        do throws(ReadError) {
          return try CalibrationRecord(
            compiled,
            samples: data.search,
            options: data.recordOptions,
            queue: data.queue
          )
        } catch {
          throw ExecutionError(error.code, error.message)
        }
      } catch {
        throw PlanningError(error.code, error.message)
      }
    }
    contexts[key] = result
    return result
  }

  /// The extents of the model's inputs.
  var shapes: [ValueID: [Int]] {
    var shapes: [ValueID: [Int]] = [:]
    for input in original.model.main.inputs {
      shapes[input] = original.types[input.index].shape.sizes
    }
    return shapes
  }

  /// Whether an action of a plan looks at what calibration measured.
  private func needsRecord(_ chosen: [Int]) -> Bool {
    zip(sites.groups, chosen).contains { group, choice in
      guard group.kind != .channels, let action = group.choices[choice].action else { return false }
      return group.kind == .activations || action.contains("+") || action.contains("-activation")
    }
  }

  /// The model of a plan.
  package func model(_ chosen: [Int]) throws(PlanningError) -> WholeModel.Simulation {
    let planned = try context(chosen, calibrates: needsRecord(chosen))
    let key = channelKey(chosen)
    let name = key.sorted { $0.key < $1.key }.map { "\($0.key).\($0.value)" }
      .joined(separator: " ")
    var joint = JointActions()
    for (group, site) in sites.weights {
      guard let action = try action(group, chosen), let here = planned.site(site) else { continue }
      joint.weights[here.id] = action
      // A tied group has further sites.
      for place in sites.members(group) {
        if let other = original.sites[place], let here = planned.site(other) {
          joint.weights[here.id] = action
        }
      }
    }
    do throws(TechniqueError) {
      for (group, values) in sites.activations.sorted(by: { $0.key < $1.key }) {
        guard let text = sites.groups[group].choices[chosen[group]].action else { continue }
        let assignmentKey = text + " " + name
        if assignments[assignmentKey] == nil {
          assignments[assignmentKey] = try ActivationAssignment(
            planned.context,
            action: try Action(text)
          )
        }
        for value in values {
          joint.activations[value] = assignments[assignmentKey]?.transforms[value]
        }
      }
      return try joint.apply(in: planned.context) { (action, site) throws(TechniqueError) in
        let encodedKey = "\(site.id) \(action.name) \(name)"
        if let known = encoded[encodedKey] { return known }
        let applied = try action.apply(to: site, in: planned.context)
        let size = applied.constants.values.reduce(0) { $0 + 12 * $1.count }
        if size <= bytesLeft {
          bytesLeft -= size
          encoded[encodedKey] = applied
        }
        return applied
      }
    } catch {
      throw PlanningError(error)
    }
  }
}
