//! The disk fails or the power goes while a real process works on a real file.

use std::{fs, process::Child, time::Duration};

use crate::{
    Seen, check_ends, player,
    power::{Fault, Machine},
    process, rounds, split_mix,
};

/// How a process is ended if it does not end by itself, and what it ended with.
fn end_after(mut process: Child, time: Duration) -> Option<i32> {
    std::thread::sleep(time);
    // It may have ended by itself.
    let _ = process.kill();
    process.wait().unwrap().code()
}

/// Half of the rounds a sync fails, in some a write; after that another process works on what the
/// first left, or the power goes at once. As many rounds as `FERMATA_KILL_ROUNDS` says, or 40.
#[test]
fn after_a_failed_sync_and_a_power_cut_all_that_was_acknowledged_is_there() {
    if std::env::var_os(player::PLACE).is_some() {
        return;
    }
    let Some(machine) = Machine::new() else {
        return;
    };
    let place = machine.files();
    let store = player::store_path(&place);
    let start = |fault| {
        let mut process = process(&place);
        machine.host(&mut process, fault);
        process.spawn().unwrap()
    };
    let (rounds, mut chance, mut seen) = (rounds(40), 7, Seen::default());
    let (mut failures, mut rebuilt) = (0, 0);
    for round in 0..rounds {
        let fault = match round % 4 {
            0 => Fault::Nothing,
            1 => Fault::Write(1 + split_mix(&mut chance) % 400),
            _ => Fault::Sync(1 + split_mix(&mut chance) % 60),
        };
        let time = Duration::from_millis(50 + split_mix(&mut chance) % 200);
        let code = end_after(start(fault), time);
        let failed = code == Some(player::STORE_FAILED);
        assert!(
            code.is_none() || failed,
            "round {round}, {fault:?}: {code:?}"
        );
        assert!(
            !failed || matches!(fault, Fault::Sync(_)),
            "{fault:?} stopped it"
        );
        if failed && split_mix(&mut chance).is_multiple_of(2) {
            failures += 1;
            let noted = place.join("store.redb.sync-failed");
            let was_noted = noted.exists();
            let code = end_after(start(Fault::Nothing), time);
            assert_eq!(code, None, "round {round}: it does not go on");
            rebuilt += usize::from(was_noted && !noted.exists());
        }
        machine.cut_power(&store, &mut chance);
        seen.look(&place);
    }
    let code = process(&place).env(player::LAST, "yes").status().unwrap();
    assert!(code.success(), "{code:?}");
    seen.look(&place);
    check_ends(&place, rounds / 4);
    assert!(
        rounds < 40 || failures > 3 && rebuilt > 3,
        "{failures}, {rebuilt}"
    );
    let left: Vec<_> = fs::read_dir(&place).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
