//! The synth runs in the sound card's callback: it must not allocate there.
#![cfg(feature = "instrument")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use fermata::music::{Channel, Key, Message, Patch, Synth, Velocity};

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
