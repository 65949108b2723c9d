//! Every operator, against onsets and lengths computed by hand.

use super::*;

const SEED: Seed = Seed::new(7);

fn pattern(text: &str) -> Pattern<String> {
    Pattern::parse(text, |word| Ok(word.to_owned())).unwrap()
}

/// The steps of one cycle as `word begin length`, comma after comma.
fn cycle(text: &str, n: u64) -> String {
    let steps = pattern(text).cycle(n, SEED);
    let steps: Vec<String> = steps
        .iter()
        .map(|s| format!("{} {} {}", s.value, s.start, s.length))
        .collect();
    steps.join(", ")
}

#[test]
fn a_sequence_shares_the_cycle_evenly() {
    assert_eq!(cycle("a b c", 0), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
    assert_eq!(cycle("a b c", 7), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
    assert_eq!(cycle("a", 0), "a 0 1");
    assert_eq!(cycle("", 0), "");
}

#[test]
fn rests_keep_their_place() {
    assert_eq!(cycle("a ~ b -", 0), "a 0 1/4, b 1/2 1/4");
    assert_eq!(cycle("~", 0), "");
}

#[test]
fn groups_take_one_step() {
    assert_eq!(cycle("a [b c]", 0), "a 0 1/2, b 1/2 1/4, c 3/4 1/4");
    assert_eq!(
        cycle("a [b [c d]]", 0),
        "a 0 1/2, b 1/2 1/4, c 3/4 1/8, d 7/8 1/8"
    );
    assert_eq!(
        cycle("a b . c d e", 0),
        "a 0 1/4, b 1/4 1/4, c 1/2 1/6, d 2/3 1/6, e 5/6 1/6"
    );
}

#[test]
fn stacks_sound_together() {
    assert_eq!(
        cycle("[a,b,c] d", 0),
        "a 0 1/2, b 0 1/2, c 0 1/2, d 1/2 1/2"
    );
    assert_eq!(cycle("a b, c", 0), "a 0 1/2, c 0 1, b 1/2 1/2");
    assert_eq!(
        cycle("[a b, c d e]", 0),
        "a 0 1/2, c 0 1/3, d 1/3 1/3, b 1/2 1/2, e 2/3 1/3"
    );
}

#[test]
fn alternation_takes_one_per_cycle() {
    let all: Vec<String> = (0..4).map(|n| cycle("<a b c> d", n)).collect();
    assert_eq!(all[0], "a 0 1/2, d 1/2 1/2");
    assert_eq!(all[1], "b 0 1/2, d 1/2 1/2");
    assert_eq!(all[2], "c 0 1/2, d 1/2 1/2");
    assert_eq!(all[3], all[0]);
    // The inner one advances each time its turn comes: a b a c.
    let inner: Vec<String> = (0..4).map(|n| cycle("<a <b c>>", n)).collect();
    assert_eq!(inner, ["a 0 1", "b 0 1", "a 0 1", "c 0 1"]);
    assert_eq!(
        cycle("<[a b]*2 c>", 0),
        "a 0 1/4, b 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
    );
    assert_eq!(cycle("<[a b]*2 c>", 1), "c 0 1");
    assert_eq!(cycle("<a b c>*2", 1), "c 0 1/2, a 1/2 1/2");
    assert_eq!(cycle("<a b, c d e>", 3), "b 0 1, c 0 1");
    assert_eq!(cycle("<a@2 b>", 0), "a 0 2");
    assert_eq!(cycle("<a@2 b>", 1), "");
    assert_eq!(cycle("<a!2 b>", 1), "a 0 1");
    assert_eq!(cycle("<a b>", 1_000_000_000_000), "a 0 1");
}

#[test]
fn faster_and_slower() {
    assert_eq!(cycle("a*2 b", 0), "a 0 1/4, a 1/4 1/4, b 1/2 1/2");
    assert_eq!(
        cycle("[a b]*2", 0),
        "a 0 1/4, b 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
    );
    assert_eq!(cycle("a*1.5", 0), "a 0 2/3, a 2/3 2/3");
    assert_eq!(cycle("a*1.5", 1), "a 1/3 2/3");
    assert_eq!(cycle("a*3/2", 1), "a 1/3 2/3");
    assert_eq!(cycle("a/2", 0), "a 0 2");
    assert_eq!(cycle("a/2", 1), "");
    assert_eq!(cycle("[a b c]/1.5", 0), "a 0 1/2, b 1/2 1/2");
    assert_eq!(cycle("[a b c]/1.5", 1), "c 0 1/2, a 1/2 1/2");
    assert_eq!(cycle("[a b c]/1.5", 2), "b 0 1/2, c 1/2 1/2");
    assert_eq!(cycle("[a b]/2", 1), "b 0 1");
    assert_eq!(cycle("c [a b]/2", 1), "c 0 1/2, b 1/2 1/2");
}

#[test]
fn repetition_makes_steps_of_their_own() {
    assert_eq!(cycle("a!2 b", 0), "a 0 1/3, a 1/3 1/3, b 2/3 1/3");
    assert_eq!(cycle("a ! b", 0), cycle("a!2 b", 0));
    assert_eq!(cycle("a! b", 0), cycle("a!2 b", 0));
    assert_eq!(cycle("a ! !", 0), cycle("a!3", 0));
    assert_eq!(cycle("a!3!2", 0), cycle("a!4", 0));
    assert_eq!(cycle("a!3 ! b", 0), cycle("a!4 b", 0));
    assert_eq!(cycle("a !3 b", 0), cycle("a!3 b", 0));
    assert_eq!(cycle("a!0 b", 0), cycle("b", 0));
    assert_eq!(cycles("a!3*1.5", 2), cycles("[a!3]*1.5", 2));
    assert_eq!(
        cycle("a*2!2", 0),
        "a 0 1/4, a 1/4 1/4, a 1/2 1/4, a 3/4 1/4"
    );
}

#[test]
fn weights_make_steps_longer() {
    assert_eq!(cycle("a@3 b", 0), "a 0 3/4, b 3/4 1/4");
    assert_eq!(cycle("a _ _ b", 0), "a 0 3/4, b 3/4 1/4");
    assert_eq!(cycle("a@1.5 b", 0), "a 0 3/5, b 3/5 2/5");
    assert_eq!(cycle("[a b]@2 c", 0), "a 0 1/3, b 1/3 1/3, c 2/3 1/3");
    assert_eq!(cycle("a@3@2 b", 0), "a 0 4/5, b 4/5 1/5");
    assert_eq!(cycle("a@2 _ b", 0), cycle("a@3 b", 0));
    assert_eq!(cycle("a _3 b", 0), cycle("a@3 b", 0));
    assert_eq!(cycle("[a b]_ c", 0), cycle("[a b]@2 c", 0));
    assert_eq!(cycle("a@1q b", 0), "a 0 1/5, b 1/5 4/5");
    // Tidal reads neither of these.
    assert_eq!(cycle("a@3!2 b", 0), cycle("a!2 b", 0));
    assert_eq!(cycle("a!2@3 b", 0), cycle("a@2 a@2 b", 0));
}

#[test]
fn euclid_spreads_evenly() {
    assert_eq!(cycle("a(3,8)", 0), "a 0 1/8, a 3/8 1/8, a 3/4 1/8");
    assert_eq!(cycle("a(3,8,2)", 0), "a 1/8 1/8, a 1/2 1/8, a 3/4 1/8");
    assert_eq!(
        cycle("a(5,8)", 0),
        "a 0 1/8, a 1/4 1/8, a 3/8 1/8, a 5/8 1/8, a 3/4 1/8"
    );
    assert_eq!(cycle("a(2,4) b", 0), "a 0 1/8, a 1/4 1/8, b 1/2 1/2");
    assert_eq!(cycle("<a b>(3,8)", 1), "b 0 1/8, b 3/8 1/8, b 3/4 1/8");
    assert_eq!(cycle("a(0,4)", 0), "");
    assert_eq!(cycle("a(4,4)", 0), cycle("a a a a", 0));
}

#[test]
fn polymeter_takes_a_number_of_steps_per_cycle() {
    assert_eq!(
        cycle("{a b c}%4", 0),
        "a 0 1/4, b 1/4 1/4, c 1/2 1/4, a 3/4 1/4"
    );
    assert_eq!(
        cycle("{a b c}%4", 1),
        "b 0 1/4, c 1/4 1/4, a 1/2 1/4, b 3/4 1/4"
    );
    assert_eq!(
        cycle("{a b, c d e}", 0),
        "a 0 1/2, c 0 1/2, b 1/2 1/2, d 1/2 1/2"
    );
    assert_eq!(
        cycle("{a b, c d e}", 1),
        "a 0 1/2, e 0 1/2, b 1/2 1/2, c 1/2 1/2"
    );
}

#[test]
fn question_marks_drop_the_same_steps_every_time() {
    let heard =
        |text: &str| -> usize { (0..400).map(|n| pattern(text).cycle(n, SEED).len()).sum() };
    assert_eq!(
        pattern("a?*16").cycle(3, SEED),
        pattern("a?*16").cycle(3, SEED)
    );
    assert!((170..230).contains(&heard("a?")), "{}", heard("a?"));
    assert!((60..140).contains(&heard("a?0.75")));
    assert_eq!((heard("a?0"), heard("a?1")), (400, 0));
    assert_ne!(cycle("a?*32", 0), cycle("a?*32", 1));
    // Two of them do not fall silent together.
    let both = |n| pattern("[a?,b?]").cycle(n, SEED).len();
    assert!((0..400).any(|n| both(n) == 1));
}

#[test]
fn the_end_of_one_step_is_the_beginning_of_the_next() {
    for text in [
        "a b c d e f g",
        "a [b c d]@1.5 e*3 f",
        "{a b c}%7",
        "<a b c>*5",
    ] {
        for n in 0..5 {
            let steps = pattern(text).cycle(n, SEED);
            let gaps = steps
                .windows(2)
                .all(|w| w[0].start + w[0].length == w[1].start);
            assert!(gaps, "{text} {n} {steps:?}");
        }
    }
}

/// Every cycle from 0 to below `n`.
fn cycles(text: &str, n: u64) -> Vec<String> {
    (0..n).map(|n| cycle(text, n)).collect()
}

#[test]
fn alternations_and_factors_can_be_nested() {
    assert_eq!(cycles("<a b>*2", 2), ["a 0 1/2, b 1/2 1/2"; 2]);
    assert_eq!(
        cycles("<a b c>*2", 3),
        [
            "a 0 1/2, b 1/2 1/2",
            "c 0 1/2, a 1/2 1/2",
            "b 0 1/2, c 1/2 1/2"
        ]
    );
    assert_eq!(cycle("a!2 b@3", 0), "a 0 1/5, a 1/5 1/5, b 2/5 3/5");
    assert_eq!(cycles("<a!2 b@2>", 4), ["a 0 1", "a 0 1", "b 0 2", ""]);
    assert_eq!(
        cycles("<a [b c]/2>", 4),
        ["a 0 1", "b 0 1", "a 0 1", "c 0 1"]
    );
    assert_eq!(
        cycles("a <b [c d]>", 2),
        ["a 0 1/2, b 1/2 1/2", "a 0 1/2, c 1/2 1/4, d 3/4 1/4"]
    );
    assert_eq!(
        cycles("<a b , c d e>", 3),
        ["a 0 1, c 0 1", "b 0 1, d 0 1", "a 0 1, e 0 1"]
    );
    assert_eq!(
        cycles("<a b>!2", 2),
        ["a 0 1/2, a 1/2 1/2", "b 0 1/2, b 1/2 1/2"]
    );
    assert_eq!(cycles("<a b>/2", 4), ["a 0 2", "", "b 0 2", ""]);
    assert_eq!(
        cycles("a/3 b", 3),
        ["a 0 3/2, b 1/2 1/2", "b 1/2 1/2", "b 1/2 1/2"]
    );
    assert_eq!(
        cycles("[a b c d]/4", 4),
        ["a 0 1", "b 0 1", "c 0 1", "d 0 1"]
    );
    assert_eq!(
        cycles("[a ~ ~ b]/1.5", 3),
        ["a 0 3/8", "b 1/8 3/8, a 1/2 3/8", "b 5/8 3/8"]
    );
    assert_eq!(cycle("a*0 b", 0), "b 1/2 1/2");
    assert_eq!(cycle("a*4%3", 0), "a 0 3/4, a 3/4 3/4");
    assert_eq!(cycle("a*4%3", 1), "a 1/2 3/4");
}

#[test]
fn factors_may_be_patterns() {
    assert_eq!(
        cycles("a*<2 3>", 2),
        ["a 0 1/2, a 1/2 1/2", "a 0 1/3, a 1/3 1/3, a 2/3 1/3"]
    );
    // In the first half the onsets of `a*2`, in the second those of `a*3`.
    assert_eq!(cycle("a*[2 3]", 0), "a 0 1/2, a 2/3 1/3");
    assert_eq!(cycles("[a b]/<1 2>", 2), ["a 0 1/2, b 1/2 1/2", "b 0 1"]);
    assert_eq!(cycles("a*<0 2>", 2), ["", "a 0 1/2, a 1/2 1/2"]);
    assert_eq!(
        cycles("{a b c}%<2 3>", 2),
        ["a 0 1/2, b 1/2 1/2", "a 0 1/3, b 1/3 1/3, c 2/3 1/3"]
    );
    assert_eq!(cycle("a*<[2 4]>", 0), "a 0 1/2, a 1/2 1/4, a 3/4 1/4");
    assert_eq!(
        cycle("[a*<2>]*2", 0),
        "a 0 1/4, a 1/4 1/4, a 1/2 1/4, a 3/4 1/4"
    );
    assert_eq!(cycles("a*<2%3 1>", 2), ["a 0 3/2", "a 0 1"]);
}

#[test]
fn euclid_takes_patterns_and_negative_numbers() {
    assert_eq!(
        cycles("a(<3 5>,8,<0 2>)", 2),
        [
            "a 0 1/8, a 3/8 1/8, a 3/4 1/8",
            // x.xx.xx. turned left by 2: xx.xx.x.
            "a 0 1/8, a 1/8 1/8, a 3/8 1/8, a 1/2 1/8, a 3/4 1/8"
        ]
    );
    assert_eq!(
        cycle("a(-3,8)", 0),
        "a 1/8 1/8, a 1/4 1/8, a 1/2 1/8, a 5/8 1/8, a 7/8 1/8"
    );
    assert_eq!(cycle("a(3,8,-1)", 0), "a 1/8 1/8, a 1/2 1/8, a 7/8 1/8");
    assert_eq!(cycle("a(3 1,4)", 0), "a 0 1/4, a 1/4 1/4");
    assert_eq!(cycles("a(1,<2 4>)", 2), ["a 0 1/2", "a 0 1/4"]);
    assert_eq!(
        cycle("[a b](2,4)", 0),
        "a 0 1/8, b 1/8 1/8, a 1/2 1/8, b 5/8 1/8"
    );
    assert_eq!(cycle("a(3,8)*2", 0), cycle("a(3,8) a(3,8)", 0));
    assert_eq!(cycle("a( 3 , 8 , 2 )", 0), cycle("a(3,8,2)", 0));
    // Turned left, the rhythm continues with that of the next cycle.
    assert_eq!(
        cycles("<a b>(3,8,2)", 2),
        [
            "a 1/8 1/8, a 1/2 1/8, b 3/4 1/8",
            "b 1/8 1/8, b 1/2 1/8, a 3/4 1/8"
        ]
    );
}

#[test]
fn polymeters_stack_and_nest() {
    assert_eq!(
        cycles("{a b c}%4", 3),
        [
            "a 0 1/4, b 1/4 1/4, c 1/2 1/4, a 3/4 1/4",
            "b 0 1/4, c 1/4 1/4, a 1/2 1/4, b 3/4 1/4",
            "c 0 1/4, a 1/4 1/4, b 1/2 1/4, c 3/4 1/4"
        ]
    );
    assert_eq!(
        cycles("{a b, c d e}%4", 2),
        [
            "a 0 1/4, c 0 1/4, b 1/4 1/4, d 1/4 1/4, a 1/2 1/4, e 1/2 1/4, b 3/4 1/4, c 3/4 1/4",
            "a 0 1/4, d 0 1/4, b 1/4 1/4, e 1/4 1/4, a 1/2 1/4, c 1/2 1/4, b 3/4 1/4, d 3/4 1/4"
        ]
    );
    assert_eq!(
        cycles("{a b c}%2 d", 2),
        [
            "a 0 1/4, b 1/4 1/4, d 1/2 1/2",
            "c 0 1/4, a 1/4 1/4, d 1/2 1/2"
        ]
    );
    assert_eq!(cycle("{a [b c]}", 0), "a 0 1/2, b 1/2 1/4, c 3/4 1/4");
    assert_eq!(cycle("{a b . c}", 0), "a 0 1/4, b 1/4 1/4, c 1/2 1/2");
    assert_eq!(cycle("{a@2 b}%3", 0), "a 0 2/3, b 2/3 1/3");
    assert_eq!(
        cycles("{a b c}%1.5", 2),
        ["a 0 2/3, b 2/3 2/3", "c 1/3 2/3"]
    );
    assert_eq!(cycle("{a b c d}%8", 0), cycle("[a b c d]*2", 0));
}

#[test]
fn dots_group_and_ranges_count() {
    assert_eq!(
        cycle("a . b c . d", 0),
        "a 0 1/3, b 1/3 1/6, c 1/2 1/6, d 2/3 1/3"
    );
    assert_eq!(
        cycle("a b*2 . c", 0),
        "a 0 1/4, b 1/4 1/8, b 3/8 1/8, c 1/2 1/2"
    );
    assert_eq!(
        cycle("a b . c, d", 0),
        "a 0 1/4, d 0 1, b 1/4 1/4, c 1/2 1/2"
    );
    assert_eq!(
        cycle("[a . b c] d", 0),
        "a 0 1/4, b 1/4 1/8, c 3/8 1/8, d 1/2 1/2"
    );
    assert_eq!(
        cycle("0 .. 3", 0),
        "0 0 1/4, 1 1/4 1/4, 2 1/2 1/4, 3 3/4 1/4"
    );
    assert_eq!(cycle("0..1 9", 0), "0 0 1/4, 1 1/4 1/4, 9 1/2 1/2");
    assert_eq!(
        cycle("9 2 .. 0", 0),
        "9 0 1/2, 2 1/2 1/6, 1 2/3 1/6, 0 5/6 1/6"
    );
    assert_eq!(cycles("1 .. <1 2>", 2), ["1 0 1", "1 0 1/2, 2 1/2 1/2"]);
    assert_eq!(
        cycles("<0 2> .. <1 4>", 2),
        ["0 0 1/2, 1 1/2 1/2", "2 0 1/3, 3 1/3 1/3, 4 2/3 1/3"]
    );
    // In each half those of the whole cycle that sound then.
    assert_eq!(cycle("0 .. [1 3]", 0), "0 0 1/2, 2 1/2 1/4, 3 3/4 1/4");
    assert_eq!(cycle("~ .. 3", 0), "");
    assert_eq!(cycle("-1 .. 1", 0), "-1 0 1/3, 0 1/3 1/3, 1 2/3 1/3");
}

#[test]
fn spaces_may_stand_before_and_after_operators() {
    for (spaced, plain) in [
        ("a* 2 b", "a*2 b"),
        ("a *2", "a*2"),
        ("a *2 b", "a*2 b"),
        ("a / 2", "a/2"),
        ("a @3 b", "a@3 b"),
        ("a @ b", "a@2 b"),
        ("a (3,8) b", "a(3,8) b"),
        ("a( 3 , 8 )", "a(3,8)"),
        ("{a b c}% 4", "{a b c}%4"),
        ("^ a b", "a b"),
    ] {
        assert_eq!(cycles(spaced, 4), cycles(plain, 4), "{spaced}");
    }
}

#[test]
fn what_follows_a_factor_in_brackets_changes_the_factor() {
    assert_eq!(cycles("a*<1 2>*2", 2), cycles("a*[1 2]", 2));
    assert_eq!(cycles("[a b]/<2 1>*2", 2), cycles("[a b]/[2 1]", 2));
}

#[test]
fn a_negative_factor_plays_backwards() {
    assert_eq!(cycle("[a b c@2]*-1", 0), "c 0 1/2, b 1/2 1/4, a 3/4 1/4");
    assert_eq!(cycle("[a b]*-2", 0), cycle("[b a]*2", 0));
}

#[test]
fn a_part_of_a_word_may_be_a_pattern() {
    assert_eq!(cycles("a:<1 2>", 2), ["a:1 0 1", "a:2 0 1"]);
    assert_eq!(
        cycles("a:<1 2>:9 b", 2),
        ["a:1:9 0 1/2, b 1/2 1/2", "a:2:9 0 1/2, b 1/2 1/2"]
    );
    // Behind a colon a pattern is read where the step begins, behind an apostrophe it divides the step.
    assert_eq!(cycle("a:[1 2]", 0), "a:1 0 1");
    assert_eq!(cycle("a'[x y]", 0), "a'x 0 1/2, a'y 1/2 1/2");
    assert_eq!(cycle("[a b]:7", 0), "a:7 0 1/2, b:7 1/2 1/2");
    assert_eq!(cycles("<a b>'x", 2), ["a'x 0 1", "b'x 0 1"]);
    assert_eq!(cycle("a:[~ 2] b", 0), "b 1/2 1/2");
}

#[test]
fn a_single_minus_is_a_rest() {
    assert_eq!(cycle("a -- b", 0), "a 0 1/4, b 3/4 1/4");
    assert_eq!(cycle("a - b -", 0), "a 0 1/4, b 1/2 1/4");
    assert_eq!(cycle("-1 - [-2 -]", 0), "-1 0 1/3, -2 2/3 1/6");
    assert_eq!(cycle("a _ ~@2 b", 0), "a 0 2/5, b 4/5 1/5");
}

#[test]
fn a_bar_chooses_one_step_per_cycle() {
    let of_400 = |text: &str, word: &str| {
        (0..400)
            .filter(|n| cycle(text, *n).starts_with(word))
            .count()
    };
    assert!((100..170).contains(&of_400("a | b | c d", "a ")));
    assert!((100..170).contains(&of_400("a | b | c d", "b ")));
    let all = ["a 0 1", "b 0 1", "c 0 1/2, d 1/2 1/2"];
    assert!((0..400).all(|n| all.contains(&cycle("a | b | c d", n).as_str())));
    assert_eq!(cycles("[a|b]", 50), cycles("[a|b]", 50));
    // Each repetition within a cycle draws its own number, and so does each position.
    let pairs = |text: &str| {
        (0..400)
            .filter(|n| {
                let steps = pattern(text).cycle(*n, SEED);
                steps[0].value == steps[1].value
            })
            .count()
    };
    for text in ["[a|b]*2", "[a|b] [a|b]", "[a|b]!2", "[a|b] !", "[a|b](2,2)"] {
        assert!((150..250).contains(&pairs(text)), "{text} {}", pairs(text));
    }
    assert_eq!(cycle("[a | a] b", 0), "a 0 1/2, b 1/2 1/2");
}

#[test]
fn random_choices_differ_by_seed_cycle_and_position() {
    let p = pattern("a?*32");
    assert_ne!(p.cycle(0, Seed::new(1)), p.cycle(0, Seed::new(2)));
    assert_ne!(p.cycle(0, SEED), p.cycle(1, SEED));
    assert_eq!(p.cycle(5, SEED), p.cycle(5, SEED));
    for text in ["a?!2", "a? a?", "a?*2", "a? !", "a?(2,2)"] {
        let both = (0..400)
            .filter(|n| pattern(text).cycle(*n, SEED).len() == 1)
            .count();
        assert!((150..250).contains(&both), "{text} {both}");
    }
    // `a(3,8)?` leaves out single pulses, `[a b]?` single notes.
    assert!((0..50).any(|n| (1..3).contains(&pattern("a(3,8)?").cycle(n, SEED).len())));
}

fn error(text: &str) -> PatternError {
    let read = |word: &str| match word {
        "x" => Err("`x` means nothing".into()),
        _ => Ok(word.to_owned()),
    };
    Pattern::parse(text, read).unwrap_err()
}

#[test]
fn errors_say_where() {
    for (text, at) in [
        ("a [b c", 2),
        ("a b]", 3),
        ("a <b> c>", 7),
        ("a {b c", 2),
        ("ä x", 3),
        ("_ a", 0),
        ("! a", 0),
        ("a*", 2),
        ("a*b", 2),
        ("a*-b", 2),
        ("a*<2 b>", 5),
        ("a*<2 3", 2),
        ("a@x", 2),
        ("a@0", 2),
        ("a@<1 2>", 2),
        ("a(3)", 2),
        ("a(3,)", 4),
        ("a(3,8", 2),
        ("a(3,8,1,1)", 2),
        ("a(9,8)", 2),
        ("a(-9,8)", 2),
        ("a(3,0)", 2),
        ("a(3,<4 0>)", 2),
        ("a(1.5,8)", 2),
        ("a(b,8)", 2),
        ("a , b | c", 6),
        ("a | b , c", 6),
        ("<a | b>", 3),
        ("a?2", 1),
        ("a)", 1),
        ("a%4", 1),
        ("a!1.5", 2),
        ("a*1.2.3", 2),
        ("a*99999", 2),
        ("a*1.2345", 2),
        ("a*1%0", 2),
        ("[a*64]*65", 0),
        ("a b *2", 4),
        ("[a b ?]", 5),
        ("*2 a", 0),
        ("_2 a", 0),
        ("@2 a", 0),
        ("a .", 3),
        ("{}%4 a", 0),
        ("a <>", 2),
        ("<a , >", 0),
        ("c'<a b>'<c d>", 8),
        ("[a b]:<1 2>", 6),
        ("<0 b> .. 3", 3),
        ("a .. c", 0),
        ("b a .. 3", 2),
        ("0 .. x", 5),
        ("0 .. 5000", 5),
        (".. 3", 0),
        ("a . x", 4),
        ("[a x]", 3),
        ("<a x>", 3),
        ("x | a", 0),
    ] {
        assert_eq!(error(text).at, at, "{text}: {}", error(text));
    }
    assert_eq!(error("a x").message, "`x` means nothing");
}

#[test]
fn nothing_grows_without_bound() {
    let nested = "[".repeat(20) + "a" + &"]*9".repeat(20);
    assert!(error(&nested).message.contains("more than 4096 steps"));
    let repeated = "[".repeat(10) + "a" + &"]!99".repeat(10);
    assert!(error(&repeated).message.contains("more than 4096 steps"));
    assert!(error(&"[".repeat(100)).message.contains("nested"));
    assert!(error(&"a ".repeat(5000)).message.contains("4096"));
    assert!(error(&"a,".repeat(5000)).message.contains("4096"));
    assert!(error(&"a|".repeat(5000)).message.contains("4096"));
    assert!(error(&"a . ".repeat(5000)).message.contains("4096"));
    assert!(error(&",".repeat(9000)).message.contains("4096"));
    assert!(
        error(&("a".to_owned() + &"*1".repeat(100_000)))
            .message
            .contains("at most 8")
    );
    assert!(
        error(&("a".to_owned() + &"?".repeat(100_000)))
            .message
            .contains("at most 8")
    );
    assert!(
        error(&("a".to_owned() + &"*<2".repeat(100_000)))
            .message
            .contains("nested")
    );
    assert!(error("a(<1!64>,<64!64>,<1!64>)").message.contains("4096"));
    assert!(error("[0 .. 4000] [0 .. 4000]").message.contains("4096"));
    assert!(error("0 .. [4000 4000 4000]").message.contains("4096"));
    assert!(
        error(&("a?".to_owned() + &" !".repeat(5000)))
            .message
            .contains("4096")
    );
    let deep = "a?".to_owned() + &" !".repeat(4000);
    assert!(Pattern::parse(&deep, |w| Ok(w.to_owned())).is_ok());
}
