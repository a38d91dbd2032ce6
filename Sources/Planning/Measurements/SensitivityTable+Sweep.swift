import Sensitivity

extension SensitivityTable {
  /// What a sweep found.
  ///
  /// Figures of actions that were estimated have no interval: their mean stands for it.
  package init(_ result: SensitivityResult) {
    self.init(
      origin: .measured(samples: result.calibration.samples),
      metric: result.metric.rawValue,
      baselineAccuracy: result.baselineAccuracy,
      sites: result.sites.map { site in
        Site(
          id: site.id,
          kind: site.kind.rawValue,
          operatorIndex: site.operatorIndex,
          name: site.name,
          layer: site.layer,
          tensor: site.tensor,
          parameters: site.parameters,
          bytes: site.bytes
        )
      },
      measurements: result.measurements.map { measurement in
        Measurement(
          site: measurement.site,
          action: measurement.action,
          bytes: measurement.bytes,
          multiplyAdds: measurement.multiplyAdds,
          divergence: measurement.effect.divergence.map { interval in
            Interval(
              mean: interval.mean,
              low: interval.low ?? interval.mean,
              high: interval.high ?? interval.mean
            )
          },
          accuracy: measurement.effect.accuracy,
          top1Agreement: measurement.effect.top1Agreement
        )
      }
    )
    samplesDigest = result.calibration.sha256
    adequacy = Adequacy(
      isEnough: result.adequacy.isEnough,
      reliability: result.adequacy.reliability,
      samplesNeeded: result.adequacy.samplesNeeded
    )
  }
}
