//! The policy for late notes.

use super::*;

/// Two beats of notes, each a second late.
async fn late_notes(studio: &Studio) {
    studio.player.roll(Duration::ZERO).unwrap();
    studio.play(50, beats(0, 1), beats(3, 1)); // sounds, and ends in time
    wait(1010).await;
    studio.play(60, beats(0, 1), beats(1, 2));
    studio.play(61, beats(1, 1), beats(1, 2));
    studio.player.until_silent().await;
}

#[tokio::test(start_paused = true)]
async fn a_note_more_than_a_second_late_is_dropped_and_counted() {
    let studio = Studio::open();
    late_notes(&studio).await;
    let meters = studio.player.meters();
    assert_eq!(
        (meters.left_out, meters.lost, meters.outstanding),
        (1, 0, 0)
    );
    let played = studio.tape.played();
    assert_eq!(
        played,
        [
            (0, on(50)),
            (1010, on(61)),
            (1010, off(61)),
            (1500, off(50))
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn with_the_send_policy_every_note_is_played() {
    let studio = Studio::open();
    studio.player.set_late_policy(LatePolicy::Send).unwrap();
    late_notes(&studio).await;
    assert_eq!(studio.player.meters().left_out, 0);
    assert_eq!(studio.tape.sent().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn note_offs_and_controllers_are_sent_however_late() {
    let studio = Studio::open();
    let policy = LatePolicy::DropAfter(Duration::ZERO);
    studio.player.set_late_policy(policy).unwrap();
    studio.player.roll(Duration::ZERO).unwrap();
    wait(1000).await;
    let program = Message::Program(channel(), 7);
    let part = studio.player.part("part");
    let when = When::Beat(Beat::ZERO);
    studio
        .player
        .message(studio.port, part, program, when, None, None)
        .unwrap();
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.player.until_silent().await;
    assert_eq!(studio.tape.played(), [(1000, program)]);
    assert_eq!(studio.player.meters().left_out, 1);
}
