//! Keys that stand in the wrong place, or come from elsewhere.

/// Keys that belong somewhere else, or come from elsewhere, and what to write.
const MISPLACED: [(&str, &str); 12] = [
    (
        "<<",
        "YAML 1.2 has no merge keys: write the entries out, or use an alias for the whole value",
    ),
    ("until", "`until` stands beside `any` in `listen.to`"),
    ("retry", "`retry` belongs in the `catch` of a `try`"),
    ("catch", "`catch` belongs beside a `try`"),
    (
        "loop",
        "`for` repeats tasks, `then: NAME` goes back, and `metadata.fermata.loop: true` repeats the score",
    ),
    (
        "repeat",
        "`repeat` belongs in the `with` of `call: play`; `for` repeats tasks",
    ),
    (
        "else",
        "write a `switch`, or a second task with the opposite `if`",
    ),
    ("sleep", "write `wait: { seconds: 5 }`"),
    (
        "delay",
        "`delay` belongs in `retry`; to wait, write `wait: { seconds: 5 }`",
    ),
    (
        "print",
        "scores print nothing: `set` keeps a value in the output",
    ),
    (
        "log",
        "scores print nothing: `set` keeps a value in the output",
    ),
    ("goto", "write `then: NAME`"),
];

/// What to write instead of a key that is not known here.
pub(super) fn misplaced(key: &str) -> Option<&'static str> {
    let found = MISPLACED.iter().find(|(known, _)| *known == key);
    found.map(|(_, remedy)| *remedy)
}
