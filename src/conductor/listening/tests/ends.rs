//! However a workflow ends, nothing hangs.

use super::*;
use crate::engine::Status;

#[test]
fn a_terminated_workflow_is_choked_with_one_short_low_note() {
    let performance = perform_listened(&order(""), built_in(), async |conductor| {
        // The wait for the approval drones.
        sleep(Duration::from_millis(3_000)).await;
        conductor
            .engine()
            .terminate(&piece(), "test")
            .await
            .unwrap();
    });
    let (notes, hanging) = heard(&performance);
    assert_eq!(hanging, 0);
    assert!(notes.iter().all(|(_, _, end)| *end < 3_500), "{notes:?}");
    let drone = notes
        .iter()
        .filter(|(_, _, end)| (2_995..3_010).contains(end));
    assert!(drone.count() >= 2, "{notes:?}");
    let choke: Vec<_> = notes
        .iter()
        .filter(|(_, begin, _)| *begin > 3_000)
        .collect();
    assert_eq!(choke.len(), 2, "{notes:?}");
    assert!(
        choke
            .iter()
            .all(|(key, begin, end)| *key < 60 && end - begin < 200),
        "{choke:?}"
    );
}

#[test]
fn scores_that_a_score_with_music_runs_are_silent_unless_it_asks_for_more() {
    let steps = "do:\n  - charge: { emit: { event: { with: { type: charged } } } }\n  - pack: { wait: { seconds: 1 } }\n";
    let plain =
        format!("document: {{ dsl: 1.0.3, namespace: t, name: plain, version: 1.0.0 }}\n{steps}");
    let run = "run: { workflow: { namespace: t, name: plain, version: 1.0.0 } }";
    let play = "call: play, with: { instrument: a, pattern: c4 }";
    let perform = |listen: &str, first: &str| {
        let text = format!(
            "document: {{ dsl: 1.0.3, namespace: t, name: main, version: 1.0.0, metadata: {{ fermata: {{ {listen} \
             instruments: {{ a: {{ patch: organ }} }} }} }} }}\ndo:\n  - one: {{ {first} }}\n  - two: {{ {run} }}\n"
        );
        let mut document = parse(&text, "main").unwrap();
        document.companions = vec![plain.as_str().into()];
        let performance = perform_listened(&document, built_in(), async |conductor| {
            sleep(Duration::from_secs(4)).await;
            let archive = conductor.engine().archive();
            let child = archive
                .summary(&InstanceId::new("piece/1").unwrap())
                .unwrap();
            assert_eq!(child.status, Status::Completed);
        });
        let (notes, hanging) = heard(&performance);
        assert_eq!(hanging, 0);
        notes.len()
    };
    let music = perform("", play);
    assert_eq!(music, 1);
    let wait = "wait: { seconds: 1 }";
    let silent = perform("listen: false,", wait);
    assert_eq!(silent, 0);
    let parent_only = perform("listen: true,", play);
    let both = perform("", wait);
    assert!(parent_only > 12 && both > 12, "{parent_only}, {both}");
}
