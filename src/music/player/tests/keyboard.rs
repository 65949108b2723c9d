//! Keys that a performer holds, and pad lights.

use super::*;

impl Studio {
    fn pressed(&self, lane: &str, key: u8) -> KeyPress {
        KeyPress {
            lane: self.player.lane(lane),
            port: self.port,
            part: self.player.part("part"),
            channel: channel(),
            key: k(key),
            velocity: Velocity::default(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pressed_key_sounds_while_the_transport_is_stopped() {
    let studio = Studio::open();
    let press = studio.pressed("hands", 60);
    studio.player.key_down(press).unwrap();
    wait(5000).await;
    assert!(!studio.player.is_silent());
    studio.player.key_up(press).unwrap();
    studio.player.key_up(press).unwrap();
    studio.player.until_silent().await;
    assert_eq!(studio.tape.played(), [(0, on(60)), (5000, off(60))]);
}

#[tokio::test(start_paused = true)]
async fn a_pressed_key_is_released_when_its_route_ends_and_not_before() {
    let studio = Studio::open();
    studio.player.key_down(studio.pressed("hands", 60)).unwrap();
    studio
        .player
        .key_down(studio.pressed("others", 62))
        .unwrap();
    studio.player.key_up(studio.pressed("others", 60)).unwrap();
    wait(10).await;
    studio
        .player
        .release_lane(studio.player.lane("hands"))
        .unwrap();
    wait(10).await;
    let messages: Vec<_> = studio.close().await.iter().map(|s| s.message).collect();
    assert_eq!(messages, [on(60), on(62), off(60), off(62)]);
}

#[tokio::test(start_paused = true)]
async fn a_note_takes_over_a_pressed_key_which_does_not_end_it() {
    let studio = Studio::open();
    let press = studio.pressed("hands", 60);
    studio.player.key_down(press).unwrap();
    studio.play(60, beats(0, 1), beats(1, 1));
    studio.player.roll(ROLL).unwrap();
    wait(200).await;
    studio.player.key_up(press).unwrap();
    studio.player.until_silent().await;
    let played = studio.tape.played();
    let expected = [(0, on(60)), (100, off(60)), (100, on(60)), (600, off(60))];
    assert_eq!(played, expected);
}

#[tokio::test(start_paused = true)]
async fn a_key_released_before_a_busy_port_took_it_still_sounds_and_ends() {
    let studio = Studio::open();
    let din = PortOptions {
        pace: Pace::Din,
        ..PortOptions::default()
    };
    studio.player.set_port_options(studio.port, din).unwrap();
    let presses = (60..70).map(|key| studio.pressed("hands", key));
    let presses: Vec<_> = presses.collect();
    for press in &presses {
        studio.player.key_down(*press).unwrap();
    }
    for press in &presses {
        studio.player.key_up(*press).unwrap();
    }
    studio.player.until_silent().await;
    let messages: Vec<_> = studio.close().await.iter().map(|s| s.message).collect();
    for key in 60..70 {
        let place = |message| messages.iter().position(|sent| *sent == message);
        assert!(place(on(key)).unwrap() < place(off(key)).unwrap());
    }
    assert_eq!(messages.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn lamps_are_lit_without_keeping_the_player_busy() {
    let studio = Studio::open();
    studio.player.light(studio.port, on(36)).unwrap();
    studio.player.until_silent().await;
    assert_eq!(studio.player.meters().sounding, 0);
    let program = Message::Program(channel(), 1);
    assert!(studio.player.light(studio.port, program).is_err());
    let sent: Vec<_> = studio.close().await.iter().map(|s| s.message).collect();
    assert_eq!(sent, [on(36)]);
}
