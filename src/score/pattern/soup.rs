//! Operators thrown together at random: no panic, no hang, no lack of bounds.

use super::*;

const SEED: Seed = Seed::new(3);

/// Pieces that patterns are made of, right and wrong ones.
const PIECES: [&str; 44] = [
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
];

/// Texts by chance, the same every time.
fn soup(number: u64) -> String {
    let seed = Seed::new(number);
    let draw = |n: i64| seed.chance(Beats::whole(n));
    let length = 1 + (draw(-1) * 20.0) as i64;
    let piece = |n| PIECES[(draw(n) * PIECES.len() as f64) as usize];
    (0..length).map(piece).collect()
}

/// Groups in groups with factors, all of them closed.
fn tower(number: u64) -> String {
    let seed = Seed::new(!number);
    let draw = |n: i64| seed.chance(Beats::whole(n));
    let brackets = [("[", "]"), ("<", ">"), ("{", "}"), ("{", "}%7")];
    let mut text = "a b? c".to_owned();
    for level in 0..(draw(-1) * 12.0) as i64 {
        let (open, close) = brackets[(draw(3 * level) * 4.0) as usize];
        let after = PIECES[20 + (draw(3 * level + 1) * 16.0) as usize];
        let beside = PIECES[(draw(3 * level + 2) * 4.0) as usize];
        text = format!("{beside} {open}{text}{close}{after} a");
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
                step.begin >= Beats::ZERO && step.begin < Beats::whole(1),
                "{text} in cycle {n}: {step:?}"
            );
            assert!(step.length > Beats::ZERO, "{text} in cycle {n}: {step:?}");
        }
    }
    true
}

#[test]
fn soups_and_towers_of_operators() {
    let whole = (0..4000).filter(|n| check(&soup(*n))).count();
    assert!(whole > 100, "{whole}");
    let whole = (0..2000).filter(|n| check(&tower(*n))).count();
    assert!(whole > 500, "{whole}");
}

proptest::proptest! {
    #![proptest_config(crate::seed::cases(256))]

    #[test]
    fn no_text_panics(text in "([a-c ~_!,.<>{}|\\[\\]]|\\*[0-9.]{1,3}|/[0-9]|@[0-9]|!3|\\(3,8\\)|\\?|%4| ){0,20}") {
        check(&text);
    }

    #[test]
    fn any_text_at_any_cycle(text in "\\PC*", n: u64) {
        if let Ok(pattern) = Pattern::parse(&text, |word| Ok(word.to_owned())) {
            let _ = pattern.cycle(n, SEED);
        }
    }
}
