//! The scores that come with Fermata.

/// The names and texts of the bundled scores.
pub const BUNDLED: [(&str, &str); 6] = [
    ("arpeggio", include_str!("../../scores/arpeggio.yaml")),
    ("four-voices", include_str!("../../scores/four-voices.yaml")),
    ("ostinato", include_str!("../../scores/ostinato.yaml")),
    (
        "call-and-response",
        include_str!("../../scores/call-and-response.yaml"),
    ),
    (
        "stubborn-drummer",
        include_str!("../../scores/stubborn-drummer.yaml"),
    ),
    ("loose-cable", include_str!("../../scores/loose-cable.yaml")),
];
