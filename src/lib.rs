//! Fermata is an instrument for the stage: it runs durable workflows in-process, shows each one as a lane
//! with its history as a timeline, and plays its steps as music, in time.
//!
//! > The durable path decides **what** is played. The real-time path decides **when**.
//!
//! Workflow code never waits for a clock to make music: it works in beats. Only the player's thread turns
//! beats into instants and sends bytes.
//!
//! # Layers
//!
//! Each layer uses only layers below it.
//!
//! | layer | module | contents |
//! |---|---|---|
//! | 7 | [`cli`] | the command line: arguments in, text out |
//! | 6 | [`app`] | the application behind the windows and `fermata play`: library, live edits, projection, recordings, control surface, set list, settings, crash reports, the supervisor that starts a crashed program again, services for scores to call |
//! | 5 | `stage` | the performer's window and the audience's: paint the view, turn gestures into commands (feature `stage`) |
//! | 4 | [`view`] | the window's content as plain values: lanes, time map, level of detail, captions, commands, tours |
//! | 3 | [`conductor`] | connects engine, player and scores: the activities of scores, ports, channels, transport, the rig, the control surface, set lists, sounds of events, listening to any history, injected faults, lookahead |
//! | 2 | [`score`] | score documents, and their performance as one durable workflow |
//! | 2 | [`backend`] | other engines: what they tell, as events of this one; no music, no pixels |
//! | 2 | [`serve`] | the engine as a server for workflows and activities of other programs; no music, no pixels |
//! | 1 | [`engine`] | durable execution: no music, no pixels |
//! | 1 | `grpc` | messages of gRPC as bytes, for what talks it |
//! | 1 | [`music`] | beats, transport, player, ports, synth, recordings: no workflows |
//!
//! # From a score to a sound
//!
//! 1. [`score::Document`] is read and checked; [`conductor::Conductor::perform`] starts an instance
//!    whose input contains the score's text.
//! 2. [`score::perform`] interprets it as a workflow. Each note is one activity, `play`, scheduled
//!    at a beat.
//! 3. The engine commits the scheduled activity, then starts it. The activity waits until its beat is
//!    within [`music::HORIZON`], hands the notes to the [`music::Player`], and returns the beat at which
//!    they sound. The result is committed, and the workflow continues.
//! 4. The player sends each message at its instant: to the built-in synth, to MIDI ports, to files.
//! 5. The engine's feed carries every commit. [`app`] folds it into lanes with [`view`] and publishes a
//!    snapshot; the stage paints it. The window shows only what is in the history.
//!
//! # From a key press to the engine
//!
//! 1. The stage turns a key or a click into a [`view::Command`]; a pad becomes one through the
//!    control surface that the rig describes ([`conductor::control_surface`]). What controls ask of the
//!    playhead goes to the window, which owns it ([`view::PlayheadIntent`]).
//! 2. [`app`] executes commands: those for the player at once, those for the engine in order, from a queue.
//! 3. The engine commits the event, such as `ExecutionSuspended`, and the feed carries it to the window.
//!    Until then the answer to the key is pending ([`view::AnswerStage`]).
//!
//! # Other engines
//!
//! 1. [`backend`] turns what another engine tells into events of this one: [`backend::HistoryFile`] those of
//!    an exported history, [`backend::attach`] those of a server, which [`backend::Backend::follow`] tells as
//!    they happen. Nothing of it is ever in the store, where recovery would take it up.
//! 2. [`app`] passes them to the projector, as it does the engine's feed, and to the listening score; those of
//!    the past in silence. Commands to their lanes go to the backend, in a queue of its own.
//! 3. A score is performed through [`score::WorkflowContext`]. The engine's context is one; that of a Temporal
//!    cluster is another (`app::temporal_worker`, feature `temporal-worker`). There a step is a phrase, which
//!    [`conductor::ScoreWorker`] plays.
//!
//! # Replay
//!
//! 1. The window shows the moment at its [`view::Playhead`]: live, or one of the past.
//! 2. The state of a lane is the fold of its events and of nothing else. Its [`view::LaneHistory`] holds
//!    the events and a copy of the lane from time to time, so [`view::Replay`] makes the snapshot of any
//!    moment by folding a few of them. The live performance continues underneath.
//! 3. [`conductor::ReplayBus`] makes the past audible, on a player and voices of its own. It performs no
//!    activity and writes nothing.
//! 4. [`view::ComparedRuns`] puts two histories on one axis of time: what is the same in both is at the same
//!    moment, so that one playhead replays both.
//! 5. [`engine::walk`] tells step by step how code is replayed; [`view::Explanation`] shows it.
//! 6. What a score computes is not in its events. [`conductor::ScoreRun`] replays a run to know its data
//!    and which task each event belongs to; [`view::RunData`] and [`view::Links`] show it.
//!
//! # Virtual time
//!
//! On a tokio runtime with paused time, the same engine and player run a simulation: an hour passes in a
//! moment, with the same result every time. `fermata play --clock virtual` and most tests use it.
//!
//! # The engine as a library
//!
//! All layers except [`engine`] need the feature `instrument`; the feature `stage` adds the window. Both are on by default; `temporal-worker`, which performs scores in a Temporal cluster, is not. Without them `fermata` is a small library for durable workflows:
//!
//! ```toml
//! fermata = { path = "../fermata", default-features = false }
//! ```
//!
//! [`engine::Engine::start`] shows a whole program. It needs a tokio runtime and nothing else.

#![warn(missing_docs)]
#![forbid(unsafe_code)]
// The documentation above links to layers that may be disabled.
#![cfg_attr(not(feature = "instrument"), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "instrument")]
pub mod app;
#[cfg(feature = "instrument")]
pub mod backend;
#[cfg(feature = "instrument")]
pub mod cli;
#[cfg(feature = "instrument")]
pub mod conductor;
pub mod engine;
#[cfg(feature = "instrument")]
mod grpc;
#[cfg(feature = "instrument")]
pub mod music;
#[cfg(feature = "instrument")]
pub mod score;
#[cfg(feature = "instrument")]
pub mod serve;
#[cfg(feature = "stage")]
pub mod stage;
#[cfg(feature = "instrument")]
pub mod view;

// The Rust of the engineer's guide compiles, and its program runs.
#[cfg(doctest)]
#[doc = include_str!("../docs/engine.md")]
struct EngineersGuide;

// The seed of unit tests is the same as that of the tests in `tests`.
#[cfg(test)]
#[path = "../tests/common/seed.rs"]
mod seed;
