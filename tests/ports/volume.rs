//! The volume of a lane at a device, which knows controller 7 and velocities.

use std::time::Duration;

use fermata::{
    engine::{InstanceId, Status},
    music::{Channel, Message, Volume},
    score::parse,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    rack::{Performance, Rack, bars, perform, score},
    receiver::Receiver,
};

const VOLCA: &str = "Volca";

/// The values of controller 7 that a device got on channel 3.
fn controllers(device: &Receiver) -> Vec<u8> {
    let heard = device.heard();
    let values = heard.messages.iter().filter_map(|(_, message)| {
        let lead = Channel::from_number(3)?;
        match message {
            Message::Control(channel, 7, value) if *channel == lead => Some(*value),
            Message::Volume(..) => panic!("a device does not know {message:?}"),
            _ => None,
        }
    });
    values.collect()
}

/// The velocities of a key.
fn velocities(device: &Receiver, wanted: u8) -> Vec<u8> {
    let heard = device.heard();
    let notes = heard
        .messages
        .iter()
        .filter_map(|(_, message)| match message {
            Message::NoteOn(_, key, velocity) if key.number() == wanted => Some(velocity.number()),
            _ => None,
        });
    notes.collect()
}

#[test]
fn a_device_gets_the_volume_and_returns_to_what_the_piece_has_set() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    let device = volca.clone();
    perform(rack, |performance: Performance| async move {
        let mixed = score(VOLCA, &bars(4)).replace("channel: 3", "channel: 3, volume: 0.4");
        let id = performance.begin(&mixed).await;
        sleep(Duration::from_secs(1)).await;
        let set = controllers(&device).pop().unwrap();
        assert_eq!(set, 51);
        let volume = |decibels| {
            let volume = Volume::from_decibels(decibels);
            performance.conductor.set_volume(id.clone(), volume);
        };
        volume(-12.0);
        sleep(Duration::from_millis(10)).await;
        assert_eq!(controllers(&device).pop(), Some(set.div_ceil(2)));
        // Unplugged and back, it is as soft as before.
        performance.rack.pull(VOLCA);
        sleep(Duration::from_millis(100)).await;
        performance.rack.plug(VOLCA);
        sleep(Duration::from_millis(100)).await;
        assert_eq!(controllers(&device).pop(), Some(set.div_ceil(2)));
        volume(0.0);
        sleep(Duration::from_millis(10)).await;
        assert_eq!(controllers(&device).pop(), Some(set));
        assert_eq!(performance.end(&id).await.0, Status::Completed);
    });
    let strikes = velocities(&volca, 60);
    assert!(strikes.len() >= 3 && strikes.iter().all(|velocity| *velocity == strikes[0]));
}

#[test]
fn the_next_lane_on_the_channel_of_a_soft_one_is_as_loud_as_it_is_written() {
    let rack = Rack::new();
    let device = rack.plug(VOLCA);
    perform(rack, |performance: Performance| async move {
        let plain = score(VOLCA, &bars(1));
        let id = performance.begin(&plain).await;
        let volume = Volume::from_decibels(-12.0);
        performance.conductor.set_volume(id.clone(), volume);
        performance.end(&id).await;
        assert_eq!(controllers(&device), [50]);
        let next = InstanceId::new("b").unwrap();
        let document = parse(&plain, "b").unwrap();
        let begun = performance
            .conductor
            .perform(&document, Some(next), json!({}));
        performance.end(&begun.await.unwrap()).await;
        assert_eq!(controllers(&device), [50, 100]);
    });
}

/// Eight bars of one key of the drums.
fn drums(key: &str) -> String {
    let line = format!(
        "  - line: {{ call: play, with: {{ instrument: lead, pattern: \"{key} {key} {key} {key}\", repeat: 8 }} }}\n"
    );
    score(VOLCA, &line).replace("channel: 3", "channel: 10")
}

#[test]
fn of_two_lanes_on_the_drums_of_a_device_only_the_soft_one_is_soft() {
    let rack = Rack::new();
    let volca = rack.plug(VOLCA);
    let device = volca.clone();
    perform(rack, |performance: Performance| async move {
        let kick = performance.begin(&drums("c2")).await;
        // Soft before the other one comes, and while both play.
        let volume = Volume::from_decibels(-12.0);
        performance.conductor.set_volume(kick.clone(), volume);
        let document = parse(&drums("d2"), "b").unwrap();
        let other = Some(InstanceId::new("b").unwrap());
        let begun = performance.conductor.perform(&document, other, json!({}));
        let snare = begun.await.unwrap();
        performance.end(&kick).await;
        performance.end(&snare).await;
        let last = device
            .heard()
            .messages
            .iter()
            .rev()
            .find_map(|(_, m)| match m {
                Message::Control(channel, 7, value) if channel.is_drums() => Some(*value),
                _ => None,
            });
        assert_eq!(last, Some(100), "the channel is that of both");
    });
    let (kick, snare) = (velocities(&volca, 36), velocities(&volca, 38));
    assert_eq!([kick.len(), snare.len()], [32, 32], "no note is lost");
    let written = snare[0];
    assert!(snare.iter().all(|velocity| *velocity == written));
    assert_eq!(kick.last(), Some(&written.div_ceil(2)), "{kick:?}");
}
