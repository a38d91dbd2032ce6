// swift-tools-version: 6.2
import PackageDescription

// Dependencies point down only; `swift build --explicit-target-dependency-import-check error`
// holds the direction. docs/architecture.md says what each target is for.

/// A library target of this package.
func library(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency] = [])
  -> Target
{
  .target(name: name, dependencies: dependencies, path: path)
}

/// The tests of a target, in `Tests/<target>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies)
}

let package = Package(
  name: "analyze",
  products: [.executable(name: "analyze", targets: ["analyze"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    library("CKernels"),
    library("Kernels", ["CKernels"]),
    tests("Kernels"),
    .executableTarget(name: "KernelBench", dependencies: ["Kernels"]),
    .executableTarget(
      name: "analyze",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
