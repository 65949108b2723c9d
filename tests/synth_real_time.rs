//! The synth runs in the audio callback: it must not allocate there.
#![cfg(feature = "instrument")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use fermata::music::{Bank, Channel, Key, Message, Patch, Synth, Velocity};
use sine_font::sine_font;

#[path = "../src/music/synth/font/tests/test_font.rs"]
mod sine_font;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on unchanged to the system's allocator; the count has no destructor
// and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`, which is the system's too.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from `alloc` above, thus from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn playing_allocates_nothing() {
    let mut synth = Synth::new(48_000);
    let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
    let before = ALLOCATIONS.get();
    for (channel, patch) in Channel::all().zip(Patch::ALL.into_iter().cycle()) {
        synth.handle(Message::Program(channel, patch.program()));
        for key in (0..128).step_by(5).filter_map(Key::new) {
            synth.handle(Message::NoteOn(channel, key, Velocity::default()));
            synth.handle(Message::Control(channel, 64, 127));
            synth.render(&mut left, &mut right);
            synth.handle(Message::NoteOff(channel, key));
            synth.handle(Message::Bend(channel, 9_000));
        }
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert!(synth.sounding() > 0);
}

#[test]
fn receiving_patches_and_playing_fonts_does_not_allocate() {
    let folder = tempfile::tempdir().expect("a folder");
    let font = folder.path().join("sine.sf2");
    std::fs::write(&font, sine_font()).expect("written");
    let patch = folder.path().join("real-time.toml");
    std::fs::write(&patch, include_str!("../assets/patches/choir.toml")).expect("written");
    let bank = Bank::new();
    let mut synth = bank.synth(48_000).metered(bank.meters().clone());
    bank.read_file(&patch).expect("a patch");
    let patch = bank
        .select_patch("real-time")
        .and_then(|patch| patch.choice);
    let patch = patch.expect("a program alone does not select it");
    let font = bank.read_font("sine.sf2", &font).expect("a font");
    let (mut left, mut right) = ([0.0; 256], [0.0; 256]);
    let before = ALLOCATIONS.get();
    for (channel, choice) in Channel::all().zip([patch, font.choice()].into_iter().cycle()) {
        synth.handle(Message::Program(channel, 0));
        synth.handle(Message::Control(channel, Message::SOUND, choice));
        for (number, key) in (0..120).zip((20..100).cycle().filter_map(Key::new)) {
            synth.handle(Message::NoteOn(channel, key, Velocity::default()));
            if number != Message::SOUND {
                synth.handle(Message::Control(channel, number, 100));
            }
            synth.render(&mut left, &mut right);
            synth.handle(Message::NoteOff(channel, key));
        }
    }
    assert_eq!(ALLOCATIONS.get() - before, 0);
    assert!(left.iter().any(|x| *x != 0.0));
}
