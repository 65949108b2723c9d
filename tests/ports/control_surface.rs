//! Inputs on a real ALSA sequencer. Run by `alsa-vm/run`, which boots a machine that has one.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use fermata::{
    conductor::control_surface::Inputs,
    music::{
        Channel, ClockMessage, IN_NAME, InputMessage, Key, Message, MidiIn, Nanos, PortWatch,
        Velocity, clock_in::ClockIn,
    },
};
use midir::{MidiOutput, MidiOutputConnection, os::unix::VirtualOutput};

/// A keyboard that other programs see as an input of that name.
fn keyboard(name: &str) -> MidiOutputConnection {
    let midi = MidiOutput::new(name).unwrap();
    midi.create_virtual(name).unwrap()
}

/// A cable to the input of Fermata's own.
fn cable() -> MidiOutputConnection {
    let midi = MidiOutput::new("cable").unwrap();
    let ports = midi.ports();
    let own = |port: &&midir::MidiOutputPort| midi.port_name(port).unwrap().contains(IN_NAME);
    let port = ports.iter().find(own).unwrap().clone();
    midi.connect(&port, "cable").unwrap()
}

fn on(key: u8) -> Message {
    let key = Key::new(key).unwrap();
    Message::NoteOn(Channel::FIRST, key, Velocity::default())
}

/// Takes this many messages, for a minute at most.
fn take(inputs: &mut Inputs, count: usize) -> Vec<(Arc<str>, InputMessage)> {
    let begun = Instant::now();
    let mut taken = Vec::new();
    while taken.len() < count && begun.elapsed() < Duration::from_secs(60) {
        match inputs.take() {
            Some(arrived) => taken.push(arrived),
            None => thread::sleep(Duration::from_millis(2)),
        }
    }
    taken
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn fermatas_own_input_receives_everything_in_order() {
    let mut inputs = Inputs::new(Instant::now());
    let mut cable = cable();
    let keys: Vec<u8> = (0..100).map(|n| 20 + n % 90).collect();
    for key in &keys {
        cable.send(&on(*key).bytes()).unwrap();
        thread::sleep(Duration::from_millis(2));
    }
    cable.send(&[0xF0, 1, 2, 3, 0xF7]).unwrap();
    cable.send(&on(1).bytes()).unwrap();
    let taken = take(&mut inputs, 101);
    let heard: Vec<_> = taken.iter().map(|(_, arrived)| arrived.message).collect();
    let sent: Vec<_> = keys.iter().chain(&[1]).map(|key| on(*key)).collect();
    assert_eq!(heard, sent);
    assert!(taken.is_sorted_by_key(|(_, arrived)| arrived.at));
    assert!(taken.iter().all(|(name, _)| **name == *IN_NAME));
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn a_reconnected_keyboard_works_again() {
    let watch = PortWatch::start();
    let names = watch.subscribe();
    let mut inputs = Inputs::new(Instant::now());
    let tended = |inputs: &mut Inputs, is_so: &dyn Fn(&Inputs) -> bool| {
        let begun = Instant::now();
        let mut lost = Vec::new();
        while !is_so(inputs) {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "it does not come"
            );
            thread::sleep(Duration::from_millis(20));
            let present = Arc::clone(&names.borrow());
            lost.extend(
                inputs
                    .update(&present, |name| name.contains("Claviature"))
                    .closed,
            );
        }
        lost
    };
    let hears = |inputs: &Inputs| inputs.names().any(|name| name.contains("Claviature"));
    for round in 0..3 {
        let mut keys = keyboard("Claviature");
        tended(&mut inputs, &hears);
        keys.send(&on(60 + round).bytes()).unwrap();
        let taken = take(&mut inputs, 1);
        assert_eq!(taken[0].1.message, on(60 + round));
        drop(keys);
        let lost = tended(&mut inputs, &|inputs| !hears(inputs));
        assert_eq!(lost.len(), 1);
    }
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn more_inputs_than_kernel_queues_do_not_crash() {
    let _keys = keyboard("Manual");
    let open = || MidiIn::open("Manual", Instant::now(), Arc::default());
    let inputs: Vec<_> = (0..40).map(|_| open()).collect();
    assert!(inputs.iter().filter(|input| input.is_ok()).count() >= 33);
    // More than the kernel has clients: refused in a sentence.
    let more: Vec<_> = (0..40).map(|_| open()).collect();
    let refused = more.into_iter().filter_map(Result::err);
    assert!(refused.inspect(|error| println!("{error}")).count() > 0);
}

#[test]
#[ignore = "needs an ALSA sequencer: tests/ports/alsa-vm/run"]
fn a_clock_is_followed_despite_the_jitter_of_a_real_system() {
    let origin = Instant::now();
    let mut inputs = Inputs::new(origin);
    let mut cable = cable();
    let tick = Duration::from_secs(60) / 120 / 24;
    let ticking = thread::spawn(move || {
        let begun = Instant::now();
        cable
            .send(&Message::Clock(ClockMessage::Start).bytes())
            .unwrap();
        for n in 0..240_u32 {
            thread::sleep((begun + tick * n).saturating_duration_since(Instant::now()));
            cable
                .send(&Message::Clock(ClockMessage::Tick).bytes())
                .unwrap();
        }
    });
    let taken = take(&mut inputs, 241);
    ticking.join().unwrap();
    assert_eq!(taken.len(), 241);
    let mut clock = ClockIn::default();
    for (_, InputMessage { at, message }) in taken {
        if let Message::Clock(message) = message {
            clock.receive(message, at);
        }
    }
    let reading = clock.reading().unwrap();
    let tempo = reading.tempo.beats_per_minute();
    assert!((tempo - 120.0).abs() < 1.2, "{tempo}");
    assert_eq!(reading.place.unwrap().to_ticks(24), 239);
    assert!(clock.is_present(reading.at));
    assert!(!clock.is_present(Nanos(u64::MAX)));
}
