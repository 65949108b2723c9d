//! Functions of patterns, against steps that were computed by hand.

use super::*;

const SEED: Seed = Seed::new(7);

fn pattern(text: &str) -> Pattern<String> {
    Pattern::parse(text, |word| Ok(word.to_owned())).unwrap()
}

fn factors(text: &str) -> Pattern<Beats> {
    Pattern::of_factors(text).unwrap()
}

/// The steps of one cycle as `word begin length`, comma after comma.
fn steps(pattern: &Pattern<String>, n: u64) -> String {
    let steps = pattern.cycle(n, SEED).into_iter();
    let mut steps: Vec<_> = steps.map(|s| (s.start, s.value, s.length)).collect();
    steps.sort();
    let steps = steps.iter();
    let steps: Vec<String> = steps
        .map(|(start, value, length)| format!("{value} {start} {length}"))
        .collect();
    steps.join(", ")
}

/// Whether the two sound the same for some cycles.
fn assert_same(one: &Pattern<String>, other: &Pattern<String>) {
    for n in 0..12 {
        assert_eq!(steps(one, n), steps(other, n), "cycle {n}");
    }
}

#[test]
fn fast_and_slow_are_the_operators() {
    let faster = pattern("a b").fast(factors("<2 1.5>")).unwrap();
    assert_same(&faster, &pattern("[a b]*<2 1.5>"));
    let slower = pattern("a b c").slow(factors("2")).unwrap();
    assert_same(&slower, &pattern("[a b c]/2"));
}

#[test]
fn a_reversed_cycle_ends_where_it_began() {
    let reversed = pattern("a b@2 [c d]").reversed();
    assert_eq!(
        steps(&reversed, 0),
        "d 0 1/8, c 1/8 1/8, b 1/4 1/2, a 3/4 1/4"
    );
    assert_eq!(
        steps(&pattern("<a [b c]>").reversed(), 1),
        "c 0 1/2, b 1/2 1/2"
    );
    assert_same(
        &pattern("a(3,8) <b c>").reversed().reversed(),
        &pattern("a(3,8) <b c>"),
    );
}

#[test]
fn ply_repeats_each_step_in_its_place() {
    let plied = pattern("a [b ~]").ply(factors("2")).unwrap();
    assert_eq!(steps(&plied, 0), "a 0 1/4, a 1/4 1/4, b 1/2 1/8, b 5/8 1/8");
    let plied = pattern("a b").ply(factors("<1 3>")).unwrap();
    assert_eq!(steps(&plied, 0), "a 0 1/2, b 1/2 1/2");
    assert_eq!(plied.cycle(1, SEED).len(), 6);
}

#[test]
fn a_late_copy_begins_with_the_end_of_the_cycle_before() {
    let late = pattern("<a b> c").late(Beats::new(1, 4)).unwrap();
    assert_eq!(steps(&late, 0), "a 1/4 1/2, c 3/4 1/2");
    let late = pattern("<a b> ~ ~ c").late(Beats::new(1, 4)).unwrap();
    assert_eq!(steps(&late, 1), "c 0 1/4, b 1/4 1/4");
    let both = pattern("a b").stacked(pattern("c")).unwrap();
    assert_same(&both, &pattern("a b, c"));
}

#[test]
fn every_changes_the_first_of_so_many_cycles() {
    let changed = pattern("a b").reversed();
    let every = pattern("a b").every(3, changed).unwrap();
    let cycles: Vec<String> = (0..4).map(|n| steps(&every, n)).collect();
    let [plain, reversed] = ["a 0 1/2, b 1/2 1/2", "b 0 1/2, a 1/2 1/2"];
    assert_eq!(cycles, [reversed, plain, plain, reversed]);
}

#[test]
fn an_arpeggio_divides_the_time_of_a_chord() {
    let arpeggio = |text: &str, order| pattern(text).arpeggio(order).unwrap();
    assert_eq!(
        steps(&arpeggio("[a,b,c] d", Arp::Up), 0),
        "a 0 1/6, b 1/6 1/6, c 1/3 1/6, d 1/2 1/2"
    );
    assert_same(&arpeggio("[a,b,c]", Arp::UpDown), &pattern("a b c b"));
    assert_same(
        &arpeggio("<[a,b] c>(3,8)", Arp::Down),
        &pattern("<[b a] c>(3,8)"),
    );
    // Steps of different lengths are no chord.
    assert_same(&arpeggio("[a b, c]", Arp::Down), &pattern("[a b, c]"));
}

#[test]
fn notes_are_dropped_by_chance_and_always_the_same_ones() {
    let degraded = |odds, mark| pattern("a*32").degraded(odds, mark);
    assert_eq!(steps(&degraded(0.5, 1), 3), steps(&degraded(0.5, 1), 3));
    assert_ne!(steps(&degraded(0.5, 1), 3), steps(&degraded(0.5, 2), 3));
    assert_ne!(steps(&degraded(0.5, 1), 3), steps(&degraded(0.5, 1), 4));
    let heard = |odds| -> usize {
        (0..50)
            .map(|n| degraded(odds, 1).cycle(n, SEED).len())
            .sum()
    };
    assert_eq!((heard(0.0), heard(1.0)), (1600, 0));
    assert!((1040..1360).contains(&heard(0.25)), "{}", heard(0.25));
}

#[test]
fn no_function_exceeds_the_steps_of_a_cycle() {
    let many = || pattern("[a*64]*32");
    let message = |result: Result<Pattern<String>, ValueError>| result.unwrap_err().message;
    for result in [
        many().fast(factors("3")),
        many().ply(factors("<1 3>")),
        many().slow(factors(".25")),
        many()
            .late(Beats::new(1, 4))
            .and_then(|late| late.stacked(many())),
        many()
            .stacked(many())
            .and_then(|both| both.every(2, many())),
        many().arpeggio(Arp::Up),
    ] {
        let message = message(result);
        assert!(message.contains("more than 4096 steps"), "{message}");
    }
}
