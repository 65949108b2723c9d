//! Disk failures and power cuts while a real process works on a real file.

use std::{
    fs,
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use crate::{
    Seen, check_ends, player,
    power::{Fault, Machine},
    process, rounds, split_mix,
};

/// How long a process may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kills a process after a time; returns its exit status if it ended before.
fn end_after(mut process: Child, time: Duration) -> Option<i32> {
    std::thread::sleep(time);
    // It may have ended by itself.
    let _ = process.kill();
    process.wait().unwrap().code()
}

/// Waits until a process has ended because its store failed.
fn until_it_fails(mut process: Child, place: &str) {
    let begun = Instant::now();
    loop {
        match process.try_wait().unwrap() {
            Some(end) => break assert_eq!(end.code(), Some(player::STORE_FAILED), "{place}"),
            None if begun.elapsed() > PATIENCE => {
                let _ = process.kill();
                panic!("{place}: it continues");
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// Waits until a process has written its store again, then kills it.
fn until_it_is_rebuilt(process: Child, noted: &Path, place: &str) {
    let begun = Instant::now();
    while noted.exists() {
        assert!(begun.elapsed() < PATIENCE, "{place}: it is not rebuilt");
        std::thread::sleep(Duration::from_millis(2));
    }
    let code = end_after(process, Duration::from_millis(30));
    assert_eq!(code, None, "{place}: it does not continue");
}

/// Half of the rounds a sync fails, in some a write. After that the power goes at once, or first the
/// store is rebuilt, or that fails as well. As many rounds as `FERMATA_KILL_ROUNDS` says, or 40.
#[test]
fn a_failed_sync_and_a_power_cut_lose_nothing_acknowledged() {
    if std::env::var_os(player::PLACE).is_some() {
        return;
    }
    let Some(machine) = Machine::new() else {
        return;
    };
    let place = machine.files();
    let store = player::store_path(&place);
    let noted = place.join("store.redb.sync-failed");
    let start = |fault| {
        let mut process = process(&place);
        machine.host(&mut process, fault);
        process.spawn().unwrap()
    };
    let (rounds, mut chance, mut seen) = (rounds(40), 7, Seen::default());
    let mut rebuilt = 0;
    for round in 0..rounds {
        let time = Duration::from_millis(50 + split_mix(&mut chance) % 200);
        let nth = split_mix(&mut chance);
        let fault = match round % 4 {
            0 => Fault::Nothing,
            1 => Fault::Write(1 + nth % 400),
            _ => Fault::Sync(1 + nth % 60),
        };
        let place_of = |what| format!("round {round}, {fault:?}, {what}");
        match fault {
            Fault::Sync(_) => until_it_fails(start(fault), &place_of("at work")),
            _ => {
                let code = end_after(start(fault), time);
                // Without room a store cannot be opened; at work there is room again.
                let is_full =
                    matches!(fault, Fault::Write(_)) && code == Some(player::STORE_FAILED);
                assert!(
                    code.is_none() || is_full,
                    "{}: {code:?}",
                    place_of("at work")
                );
            }
        }
        if noted.exists() {
            match round % 3 {
                0 => {
                    until_it_is_rebuilt(start(Fault::Nothing), &noted, &place_of("rebuilt"));
                    rebuilt += 1;
                }
                1 => {
                    let nth = 1 + split_mix(&mut chance) % 12;
                    until_it_fails(start(Fault::Sync(nth)), &place_of("rebuilt in vain"));
                }
                _ => {}
            }
        }
        machine.cut_power(&store, &mut chance);
        seen.look(&place);
    }
    let mut last = process(&place);
    machine.host(&mut last, Fault::Nothing);
    let code = last.env(player::LAST, "yes").status().unwrap();
    assert!(code.success(), "{code:?}");
    seen.look(&place);
    check_ends(&place, rounds / 4);
    assert!(rebuilt > rounds / 20, "{rebuilt}");
    let mut left: Vec<_> = fs::read_dir(&place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["diary", "store.redb"]);
}

#[test]
fn a_failed_sync_during_creation_leaves_no_broken_store() {
    if std::env::var_os(player::PLACE).is_some() {
        return;
    }
    let mut chance = 11;
    for nth in 1..=14 {
        let Some(machine) = Machine::new() else {
            return;
        };
        let place = machine.files();
        let mut first = process(&place);
        machine.host(&mut first, Fault::Sync(nth));
        until_it_fails(first.spawn().unwrap(), &format!("sync {nth}"));
        machine.cut_power(&player::store_path(&place), &mut chance);
        Seen::default().look(&place);
        let mut next = process(&place);
        machine.host(&mut next, Fault::Nothing);
        let code = end_after(next.spawn().unwrap(), Duration::from_millis(100));
        assert_eq!(code, None, "sync {nth}: it cannot continue");
    }
}
