//! The accuracy of timing in real time.

use crate::{
    harness::{Room, hanging, in_time, score, was_late},
    sleeper::Sleeper,
};

#[test]
fn notes_go_out_within_a_millisecond_and_the_tempo_does_not_drift() {
    const TEMPO: u32 = 390;
    let long = score(
        "run",
        TEMPO,
        "  - up: { call: play, with: { instrument: a, pattern: \"[c4 d4 e4 g4]*4\", repeat: 7 } }\n",
    );
    let (trace, machine) = in_time(|| {
        let room = Room::new();
        room.write("run.yaml", &long);
        let sleeper = Sleeper::start();
        room.succeed("play run.yaml --store s.redb --trace t.jsonl");
        let machine = sleeper.wake();
        let is_in_time = !was_late(&room.history("s.redb", "run-1"));
        is_in_time.then(|| (room.trace("t.jsonl"), machine))
    });
    assert!(hanging(&trace).is_empty());
    let notes: Vec<_> = trace.iter().filter(|sent| sent.is_on()).collect();
    assert_eq!(notes.len(), 16 * 7);

    let first = notes[0];
    let nanos_per_beat = 60e9 / f64::from(TEMPO);
    for (index, note) in notes.iter().enumerate() {
        assert_eq!(note.beat - first.beat, index as f64 / 4.0);
        let expected = (note.beat - first.beat) * nanos_per_beat;
        let off = (note.due - first.due) as f64 - expected;
        assert!(off.abs() <= 1000.0, "note {index} is {off} ns off its beat");
    }

    let mut late: Vec<i64> = notes
        .iter()
        .map(|note| note.sent as i64 - note.due as i64)
        .collect();
    assert!(
        late.iter().all(|late| *late >= 0),
        "before its time: {late:?}"
    );
    late.sort_unstable();
    let median = late[late.len() / 2];
    println!(
        "late: median {median} ns, most {} ns; {machine:?}",
        late[late.len() - 1]
    );
    let most = 1_000_000 + 2 * machine.median.as_nanos() as i64;
    assert!(
        median < most,
        "half of the notes are {median} ns late or more, on a machine with {machine:?}"
    );
}
