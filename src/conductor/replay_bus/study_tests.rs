//! Every study, replayed at every rate.

use std::{collections::HashSet, fs, path::Path, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{
    tests::{lanes, rate, rehearse, settle, wait},
    *,
};
use crate::{
    conductor::{
        Conductor, RecordedMusic,
        test_performance::{Ear, Performance, perform},
    },
    music::{Bank, Journal},
};

/// The names of all studies.
fn studies() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scores/studies");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|file| !file.ends_with("setlist.yaml"));
    let scores = files.filter(|file| file.extension().is_some_and(|ext| ext == "yaml"));
    let mut names: Vec<_> = scores
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort_unstable();
    assert!(names.len() >= 7, "{names:?}");
    names
}

/// Ends what waits for a person who never comes.
async fn end_in_time(conductor: &Conductor, began: Instant) {
    sleep_until(began + Duration::from_secs(300)).await;
    let piece = InstanceId::new("piece").unwrap();
    // Most pieces are over by then.
    let _ = conductor.engine().terminate(&piece, "nobody plays").await;
}

fn perform_alone(score: &str) -> Performance {
    perform(score, async |conductor| {
        end_in_time(conductor, Instant::now()).await
    })
}

#[test]
fn at_every_rate_every_note_of_a_study_sounds_and_none_hangs() {
    for score in studies() {
        let performance = perform_alone(&score);
        let music = Arc::new(RecordedMusic::of(&performance.histories, &Bank::new()).unwrap());
        let (begin, end) = music.moments();
        let seconds = end.since(begin).as_secs();
        for number in 0..10 {
            let rate = rate(number);
            rehearse(async |bus, player, ear| {
                bus.set_music(&lanes(&music));
                let now = player.now();
                let from = match rate.direction {
                    Direction::Forward => begin,
                    Direction::Backward => end,
                };
                bus.play(from, rate);
                // The slowest playhead needs four times as long.
                wait((seconds + 2) * 4_000).await;
                let heard = ear.onsets(now).len();
                assert_eq!(heard, music.notes().len(), "{score} at {rate:?}");
                assert_eq!(ear.down(), HashSet::new(), "{score} at {rate:?}");
            });
        }
    }
}

#[test]
fn the_live_performance_of_a_study_is_the_same_to_the_byte_while_it_is_replayed() {
    for score in studies() {
        let alone = perform_alone(&score);
        let music = RecordedMusic::of(&alone.histories, &Bank::new()).unwrap();
        let (begin, end) = music.moments();
        let music = lanes(&Arc::new(music));
        let ear = Ear::default();
        let disturbed = perform(&score, async |conductor| {
            let began = Instant::now();
            let (player, simulation) = Player::simulated(Journal::new());
            let playing = tokio::task::spawn_local(simulation.run());
            let bus = conductor.open_replay_bus(player, Box::new(ear.clone()));
            let bus = bus.unwrap();
            bus.set_music(&music);
            for place in 0..40 {
                let share = place as u64 % 8;
                let at = Timestamp(begin.0 + (end.0 - begin.0) / 8 * share);
                match place % 4 {
                    0 => bus.drag(at, begin),
                    1 => bus.seek(at),
                    _ => bus.play(at, rate(place % 10)),
                }
                wait(700).await;
            }
            bus.stop();
            settle().await;
            assert_eq!(ear.down(), HashSet::new(), "{score}");
            assert!(ear.all().len() > 50, "{score}: {}", ear.all().len());
            drop((conductor.replay_bus(), bus));
            // The conductor still has the bus; it ends with it.
            drop(playing);
            end_in_time(conductor, began).await;
        });
        assert_eq!(disturbed.sent, alone.sent, "{score}");
        assert_eq!(disturbed.histories, alone.histories, "{score}");
    }
}
