//! The head of the scores that tests read.

/// A bass and drums.
pub const INSTRUMENTS: &str = "      instruments:
        bass: { patch: bass }
        drums: { kit: studio }
";

/// A score up to its first task, with this under `metadata.fermata`.
pub fn head(settings: &str) -> String {
    format!(
        "\
document:
  dsl: 1.0.0
  namespace: test
  name: test
  version: 1.0.0
  metadata:
    fermata:
{settings}do:
"
    )
}
