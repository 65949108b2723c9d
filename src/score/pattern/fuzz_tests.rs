//! Random sequences of operators: no panic, no hang, no missing bound.

use super::*;

const SEED: Seed = Seed::new(3);

/// Fragments of patterns, valid and invalid.
const PIECES: [&str; 54] = [
    "a",
    "b",
    "c4",
    "60",
    "-3",
    " ",
    " ",
    " ",
    "~",
    "-",
    "_",
    " _",
    "[",
    "]",
    "<",
    ">",
    "{",
    "}",
    "}%4",
    "}%<3 5>",
    ",",
    "|",
    "*2",
    "*<2 3>",
    "*1.5",
    "/3",
    "/<1 2>",
    "*64",
    "!",
    "!3",
    " !",
    "@3",
    "@1.5",
    "?",
    "?0.3",
    "(3,8)",
    "(<3 -5>,8,<0 2>)",
    "(5,",
    ")",
    " . ",
    " .. ",
    "%",
    ":",
    "^",
    ":<",
    "'[",
    "'maj",
    " *",
    " @",
    " _2",
    "*-1",
    "*<2 3>*",
    " .. <2 4>",
    "/2q",
];

/// A random sequence of fragments, the same for the same number.
fn random_sequence(number: u64) -> String {
    let seed = Seed::new(number);
    let draw = |n: i64| seed.chance(Beats::whole(n));
    let length = 1 + (draw(-1) * 20.0) as i64;
    let piece = |n| PIECES[(draw(n) * PIECES.len() as f64) as usize];
    (0..length).map(piece).collect()
}

/// Nested groups with modifiers, all of them closed.
fn nested_groups(number: u64) -> String {
    let seed = Seed::new(!number);
    let draw = |n: i64| seed.chance(Beats::whole(n));
    let brackets = [("[", "]"), ("<", ">"), ("{", "}"), ("{", "}%7")];
    let mut text = "a b? c".to_owned();
    for level in 0..(draw(-1) * 12.0) as i64 {
        let (open, close) = brackets[(draw(3 * level) * 4.0) as usize];
        let after = PIECES[20 + (draw(3 * level + 1) * 16.0) as usize];
        let before = PIECES[(draw(3 * level + 2) * 4.0) as usize];
        text = format!("{before} {open}{text}{close}{after} a");
    }
    text
}

fn check(text: &str) -> bool {
    let Ok(pattern) = Pattern::parse(text, |word| Ok(word.to_owned())) else {
        return false;
    };
    for n in [0, 1, 2, 3, 17, 1000, 999_999, u64::MAX] {
        let steps = pattern.cycle(n, SEED);
        assert!(steps.len() <= MAX_STEPS, "{text}: {} steps", steps.len());
        for step in &steps {
            assert!(
                step.start >= Beats::ZERO && step.start < Beats::whole(1),
                "{text} in cycle {n}: {step:?}"
            );
            assert!(step.length > Beats::ZERO, "{text} in cycle {n}: {step:?}");
        }
    }
    true
}

#[test]
fn random_operators_never_break_a_bound() {
    let whole = (0..4000).filter(|n| check(&random_sequence(*n))).count();
    assert!(whole > 100, "{whole}");
    let whole = (0..2000).filter(|n| check(&nested_groups(*n))).count();
    assert!(whole > 500, "{whole}");
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_text_panics(text in "([a-c ~_!,.<>{}|:'\\[\\]]|\\*[0-9.]{1,3}|/[0-9]|@[0-9]|!3|\\(3,8\\)|\\?|%4| ){0,20}") {
        check(&text);
    }

    #[test]
    fn any_text_at_any_cycle(text in "\\PC*", n: u64) {
        if let Ok(pattern) = Pattern::parse(&text, |word| Ok(word.to_owned())) {
            let _ = pattern.cycle(n, SEED);
        }
    }
}
