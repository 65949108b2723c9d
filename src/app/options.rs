//! Options of the window.

use std::{path::PathBuf, sync::Arc};

use super::{Library, RigFile, SetlistFile, supervisor::Supervised};
use crate::{
    conductor::{NamedSink, Secrets, rig::Rig},
    engine::Store,
    music::Bank,
    score::listening::ListeningScore,
    serve::ServeOptions,
    stage::Renderer,
    view::TourMode,
};

/// A store that could not be opened. The window shows why, and offers to try again.
pub struct NoStore {
    /// What is wrong and what helps, in a sentence.
    pub message: String,
    /// Tries to open the store again.
    pub again: OpenStore,
}

/// Opens a store, or says why not.
pub type OpenStore = Box<dyn FnMut() -> Result<Arc<dyn Store>, String>>;

/// Tells the user something.
pub type Tell = Box<dyn Fn(&str)>;

/// How the window starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// With the settings of the last time.
    #[default]
    Usual,
    /// Plain: the settings of the last time are neither used nor changed.
    Safe,
}

/// What the window is opened with. The caller has read or opened everything in it.
pub struct AppOptions {
    /// The scores that can be started; those it was made with start at once.
    pub library: Library,
    /// The set list, if one was given.
    pub setlist: Option<SetlistFile>,
    /// Whether the set list performs itself.
    pub tour: TourMode,
    /// Addresses of other engines that are attached.
    pub attach: Vec<Arc<str>>,
    /// Where workflows of other programs are served, if they are.
    pub serve: Option<ServeOptions>,
    /// Exported histories that are opened.
    pub histories: Vec<PathBuf>,
    /// The sounds of the built-in synth.
    pub bank: Bank,
    /// Store of the instances, or the way to another one.
    pub store: Result<Arc<dyn Store>, NoStore>,
    /// The file that the store is in, if any: the control socket is next to it.
    pub store_file: Option<PathBuf>,
    /// What its supervisor told, if the program was started again after a crash.
    pub restarted: Option<Supervised>,
    /// The devices in use.
    pub rig: Rig,
    /// The file that the rig was read from; it is followed while the window is open.
    pub rig_file: RigFile,
    /// Where the secrets of scores come from.
    pub secrets: Secrets,
    /// How the events of workflows sound that play no note; `None`: they are silent.
    pub listening: Option<Arc<ListeningScore>>,
    /// The port that everything is routed to, if any.
    pub only_port: Option<NamedSink>,
    /// Prints a message for the user, such as on the terminal, while the window is closed.
    pub tell: Tell,
    /// Whether the window starts plain.
    pub start: Start,
    /// Graphics backend.
    pub renderer: Renderer,
}
