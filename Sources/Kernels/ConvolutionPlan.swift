import CKernels

/// A convolution compiled for one shape: tap offsets, tiles and jobs.
///
/// Immutable and shareable.
package struct ConvolutionPlan: Sendable {
  /// Element type of the activations.
  package enum Element: UInt32, Sendable {
    case float32 = 0
    case int8 = 1
    case uint8 = 2
    case int16 = 3
  }

  /// The shape the plan was made for.
  package let shape: ConvolutionShape
  /// Element type of the activations.
  package let element: Element
  /// The kernels that run it.
  package let instructionSet: InstructionSet
  /// Independent jobs of a run.
  ///
  /// Results do not depend on how jobs are distributed.
  package let jobCount: Int
  /// Bytes of scratch each thread needs, aligned as `AlignedBuffer` is.
  package let scratchByteCount: Int
  /// Whether it spreads its input instead of gathering it.
  package let isTransposed: Bool
  let cShape: ck_conv_shape
  private let storage: AlignedBuffer

  var c: OpaquePointer { OpaquePointer(storage.pointer) }

  /// Compiles a convolution.
  ///
  /// A transposed convolution adds input pixel `(y, x)` to output pixels `(y * stride + ky *
  /// dilation - pad, ...)`; the shape's extents are those of the layer's own input and output.
  ///
  /// - Throws: `KernelShapeError` if the shape cannot be run.
  package init(
    _ shape: ConvolutionShape,
    element: Element,
    transposed: Bool = false,
    instructionSet: InstructionSet = .active
  ) throws(KernelShapeError) {
    var cShape = try shape.checked()
    storage = AlignedBuffer(byteCount: ck_conv_plan_bytes(&cShape))
    let plan = OpaquePointer(storage.pointer)
    let cElement = ck_element(element.rawValue)
    if transposed {
      ck_conv_plan_init_transposed(plan, &cShape, cElement, instructionSet.c)
    } else {
      ck_conv_plan_init(plan, &cShape, cElement, instructionSet.c)
    }
    self.shape = shape
    self.element = element
    self.instructionSet = instructionSet
    self.cShape = cShape
    isTransposed = transposed
    jobCount = ck_conv_plan_jobs(plan)
    scratchByteCount = ck_conv_plan_scratch_bytes(plan)
  }

  /// Runs float32 jobs.
  ///
  /// - Parameters:
  ///   - filters: Weights packed for a shape with the same channels, kernel, groups and variants.
  ///   - input: First input element.
  ///   - output: First output element.
  ///   - epilogue: What happens to a sum before it is stored.
  ///   - scratch: At least `scratchByteCount` bytes that no other thread uses.
  ///   - jobs: Part of `0..<jobCount`.
  package func run(
    _ filters: PackedFilters,
    input: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>,
    epilogue: Epilogue = Epilogue(),
    scratch: AlignedBuffer,
    jobs: Range<Int>
  ) {
    precondition(element == .float32 && jobs.upperBound <= jobCount)
    precondition(scratch.byteCount >= scratchByteCount)
    precondition(filters.instructionSet == instructionSet)
    var epilogue = epilogue.c
    withExtendedLifetime((self, filters, scratch)) {
      ck_conv_f32_run(
        c,
        filters.pointer,
        input,
        output,
        &epilogue,
        scratch.pointer,
        jobs.lowerBound,
        jobs.upperBound
      )
    }
  }
}

/// What happens to a sum before it is stored: `clamp(y + residual)` or `clamp(y) + residual` with
/// `y = fma(sum, scale, shift)`.
package struct Epilogue {
  /// Smallest value kept; 0 for relu.
  package var lower: Float
  /// Largest value kept; 6 for relu6.
  package var upper: Float
  /// A tensor added elementwise, rows as in the output.
  package var residual: UnsafePointer<Float>?
  /// Elements between rows of `residual`.
  package var residualStride: Int
  /// Whether the residual is added to the clamped sum instead of before the clamp.
  package var residualAfterClamp: Bool
  /// A factor for each output channel of all variants, `columnPadding` floats more; needs `shift`.
  package var scale: UnsafePointer<Float>?
  /// An offset for each output channel, as many as `scale` has.
  package var shift: UnsafePointer<Float>?
  /// Whether negative inputs count as 0; depthwise convolutions only.
  package var inputRelu = false

  /// Floats behind the last channel's that kernels may read.
  package static let columnPadding = Int(CK_MAX_PANEL_COLUMNS)

  /// Creates an epilogue; without arguments the sum is stored as it is.
  package init(
    lower: Float = -.infinity,
    upper: Float = .infinity,
    residual: UnsafePointer<Float>? = nil,
    residualStride: Int = 0,
    residualAfterClamp: Bool = false
  ) {
    self.lower = lower
    self.upper = upper
    self.residual = residual
    self.residualStride = residualStride
    self.residualAfterClamp = residualAfterClamp
  }

  var c: ck_epilogue {
    ck_epilogue(
      lower: lower,
      upper: upper,
      scale: shift == nil ? nil : scale,
      shift: scale == nil ? nil : shift,
      residual: residual,
      residual_stride: residualStride,
      residual_after_clamp: residualAfterClamp,
      input_relu: inputRelu
    )
  }
}

/// Float32 weights and bias in the order the kernels of one instruction set read them.
///
/// Immutable and shareable.
package struct PackedFilters: Sendable {
  /// The instruction set they are packed for.
  package let instructionSet: InstructionSet
  private let storage: AlignedBuffer

  var pointer: UnsafePointer<Float> {
    UnsafePointer(storage.pointer.assumingMemoryBound(to: Float.self))
  }

  /// Bytes of the packed form.
  package var byteCount: Int { storage.byteCount }

  /// Packs the weights of every variant; a layer's own weights are the only variant of most.
  ///
  /// - Parameters:
  ///   - shape: Channels, kernel, groups and variants count; extents and strides do not.
  ///   - strides: Where a filter value lies.
  ///   - weights: First filter value of each variant.
  ///   - bias: First of `outputChannels` values of each variant; `nil` is zero.
  ///   - instructionSet: That of the plan that will use them.
  ///   - queue: Shares the work between its threads.
  /// - Throws: `KernelShapeError` if the shape cannot be run.
  package init(
    _ shape: ConvolutionShape,
    strides: FilterStrides,
    weights: [UnsafePointer<Float>],
    bias: [UnsafePointer<Float>?],
    instructionSet: InstructionSet = .active,
    queue: WorkQueue? = nil
  ) throws(KernelShapeError) {
    var cShape = try shape.checked()
    self.instructionSet = instructionSet
    precondition(weights.count == shape.variants && bias.count == shape.variants)
    storage = AlignedBuffer(
      byteCount: ck_conv_f32_packed_bytes(&cShape, instructionSet.c),
      zeroed: false
    )
    let packed = storage.pointer.assumingMemoryBound(to: Float.self)
    let weights: [UnsafePointer<Float>?] = weights
    let panelCount = ck_conv_panels(&cShape, CK_FLOAT32, instructionSet.c)
    let pack = { (panels: Range<Int>, _: Int) in
      var shape = cShape
      ck_conv_f32_pack(
        &shape,
        strides.c,
        weights,
        bias,
        instructionSet.c,
        packed,
        panels.lowerBound,
        panels.upperBound
      )
    }
    if let queue {
      queue.run(jobCount: panelCount, pack)
    } else {
      pack(0..<panelCount, 0)
    }
  }
}
