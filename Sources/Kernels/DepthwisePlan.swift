import CKernels

/// A depthwise convolution compiled for one shape: output channel `c` reads input channel
/// `c / multiplier`.
///
/// Immutable and shareable. The shape's `groups` equals its `inputChannels`.
package struct DepthwisePlan: Sendable {
  /// The shape the plan was made for.
  package let shape: ConvolutionShape
  /// Element type of the activations.
  package let element: ConvolutionPlan.Element
  /// Independent jobs of a run; results do not depend on how they are distributed.
  package let jobCount: Int
  let cShape: ck_conv_shape
  private let storage: AlignedBuffer

  var c: OpaquePointer { OpaquePointer(storage.pointer) }

  /// Compiles a depthwise convolution.
  ///
  /// - Throws: `KernelShapeError` if the shape cannot be run or is not depthwise.
  package init(
    _ shape: ConvolutionShape,
    element: ConvolutionPlan.Element,
    instructionSet: InstructionSet = .active
  ) throws(KernelShapeError) {
    guard shape.groups == shape.inputChannels else { throw KernelShapeError() }
    var cShape = try shape.checked()
    storage = AlignedBuffer(byteCount: ck_conv_plan_bytes(&cShape))
    let plan = OpaquePointer(storage.pointer)
    ck_depthwise_plan_init(plan, &cShape, ck_element(element.rawValue), instructionSet.c)
    self.shape = shape
    self.element = element
    self.cShape = cShape
    jobCount = ck_conv_plan_jobs(plan)
  }

  /// Runs float32 jobs.
  ///
  /// - Parameters:
  ///   - filters: Weights packed for a shape with the same channels, kernel and variants.
  ///   - input: First input element.
  ///   - output: First output element.
  ///   - epilogue: What happens to a sum before it is stored.
  ///   - jobs: Part of `0..<jobCount`.
  package func run(
    _ filters: PackedDepthwiseFilters,
    input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,
    epilogue: Epilogue = Epilogue(),
    jobs: Range<Int>
  ) {
    precondition(element == .float32 && jobs.upperBound <= jobCount)
    var epilogue = epilogue.c
    withExtendedLifetime((self, filters)) {
      ck_depthwise_f32_run(
        c,
        filters.pointer,
        input,
        output,
        &epilogue,
        jobs.lowerBound,
        jobs.upperBound
      )
    }
  }
}

/// Float32 weights and bias of a depthwise convolution in the order the kernels read them.
package struct PackedDepthwiseFilters: Sendable {
  private let storage: AlignedBuffer

  var pointer: UnsafePointer<Float> {
    UnsafePointer(storage.pointer.assumingMemoryBound(to: Float.self))
  }

  /// Bytes of the packed form.
  package var byteCount: Int { storage.byteCount }

  /// Packs the weights of every variant.
  ///
  /// - Parameters:
  ///   - shape: Channels, kernel and variants count; extents and strides do not.
  ///   - strides: Where a filter value lies; `output` steps over output channels.
  ///   - weights: First filter value of each variant.
  ///   - bias: First of `outputChannels` values of each variant; `nil` is zero.
  /// - Throws: `KernelShapeError` if the shape cannot be run.
  package init(
    _ shape: ConvolutionShape,
    strides: FilterStrides,
    weights: [UnsafePointer<Float>],
    bias: [UnsafePointer<Float>?]
  ) throws(KernelShapeError) {
    var cShape = try shape.checked()
    precondition(weights.count == shape.variants && bias.count == shape.variants)
    storage = AlignedBuffer(byteCount: ck_depthwise_f32_packed_bytes(&cShape))
    let weights: [UnsafePointer<Float>?] = weights
    ck_depthwise_f32_pack(
      &cShape,
      strides.c,
      weights,
      bias,
      storage.pointer.assumingMemoryBound(to: Float.self)
    )
  }
}

extension FilterStrides {
  /// Height, width, output channels: `[1, height, width, channels]` (TensorFlow Lite, Keras).
  package static func hwc(_ shape: ConvolutionShape) -> FilterStrides {
    FilterStrides(
      output: 1,
      height: shape.kernelWidth * shape.outputChannels,
      width: shape.outputChannels,
      input: 0
    )
  }
}
