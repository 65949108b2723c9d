//! A channel that is reused by another instrument: nothing of the earlier mix is left.

use fermata::{
    engine::{InstanceId, Status},
    music::{Channel, Message},
    score::parse,
};
use serde_json::json;

use crate::rack::{Performance, Rack, bars, perform, score};

/// Performs a score to its end.
async fn play(performance: &Performance, id: &str, score: &str) {
    let document = parse(score, id).unwrap();
    let id = InstanceId::new(id).unwrap();
    let begun = performance
        .conductor
        .perform(&document, Some(id), json!({}));
    let id = begun.await.unwrap();
    assert_eq!(performance.end(&id).await.0, Status::Completed);
}

/// The messages of a channel before its first note, in order.
fn settings(messages: &[(u64, Message)]) -> Vec<Message> {
    let messages = messages.iter().map(|(_, message)| *message);
    messages
        .take_while(|message| !matches!(message, Message::NoteOn(..)))
        .filter(|message| !matches!(message, Message::Control(_, 64 | 120.., _)))
        .collect()
}

#[test]
fn an_instrument_does_not_keep_settings_of_an_earlier_one() {
    perform(Rack::new(), |performance: Performance| async move {
        let lead = Channel::from_number(3).unwrap();
        let plain = score("synth", &bars(1));
        play(&performance, "first", &plain).await;
        let settings_before = settings(&performance.synth.heard().messages);
        assert!(
            !settings_before
                .iter()
                .any(|m| matches!(m, Message::Control(_, 7 | 10, _))),
            "a device of its own mix keeps it: {settings_before:?}"
        );
        let mixed = plain.replace("channel: 3", "channel: 3, volume: 0.2, pan: -1");
        let change =
            "  - change: { call: control, with: { instrument: lead, cc: 74, value: 9 } }\n";
        play(
            &performance,
            "second",
            &mixed.replace("do:\n", &format!("do:\n{change}")),
        )
        .await;
        let before = performance.synth.heard().messages.len();
        play(&performance, "third", &plain).await;
        let again = settings(&performance.synth.heard().messages[before..]);
        let mut expected = vec![
            Message::Control(lead, 7, 100),
            Message::Control(lead, 10, 64),
            Message::Control(lead, 74, 64),
        ];
        expected.extend(&settings_before);
        assert_eq!(again, expected);
    });
}
