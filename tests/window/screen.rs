//! A virtual screen, and the program on it, operated by mouse and keys.

use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use fermata::{
    engine::{Archive, Event, EventKind, InstanceId, InstanceSummary, RedbStore, Status},
    score::ScoreInput,
};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat},
};

/// What the program tells of itself, for the tests to wait for.
const LOG: &str = "fermata::stage=debug,fermata::app=warn";

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The runs of an instance: the text that each began with, and how it is.
pub type Rounds = Vec<(String, Status)>;

/// One program at a time: two of them would be too much for a small machine.
static ALONE: Mutex<()> = Mutex::new(());

/// A screen of 1280 by 720 and a folder for the program's files.
pub struct Screen {
    _alone: MutexGuard<'static, ()>,
    xvfb: Child,
    display: String,
    folder: tempfile::TempDir,
}

impl Screen {
    /// `None`, with a message, if the machine lacks a virtual screen.
    pub fn open() -> Option<Self> {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        if Command::new("xdotool").arg("version").output().is_err() {
            println!("skipped: xdotool is not installed");
            return None;
        }
        // Without `-noreset` it would reset itself when its last client disconnects.
        let xvfb = Command::new("Xvfb")
            .args(["-noreset", "-displayfd", "1"])
            .args(["-screen", "0", "1280x720x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut xvfb) = xvfb else {
            println!("skipped: Xvfb is not installed");
            return None;
        };
        let mut number = String::new();
        let output = xvfb.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut number).unwrap();
        Some(Self {
            _alone: alone,
            xvfb,
            display: format!(":{}", number.trim()),
            folder: tempfile::tempdir().unwrap(),
        })
    }

    /// Starts the program and waits until its window is open.
    pub fn start(&self) -> Stage<'_> {
        self.start_with(&[])
    }

    /// The same with these scores, which start at once.
    pub fn start_with(&self, scores: &[&Path]) -> Stage<'_> {
        let scores = scores.iter().map(|path| path.as_os_str());
        let arguments = ["--renderer", "glow"].map(OsStr::new);
        self.start_as(arguments.into_iter().chain(scores), Some(LOG))
    }

    /// The same with `--safe`.
    pub fn start_safe(&self) -> Stage<'_> {
        self.start_as([OsStr::new("--safe")], Some(LOG))
    }

    /// The same with one score, as most users start it: they ask for no log.
    pub fn start_without_log(&self, score: &Path) -> Stage<'_> {
        let arguments = ["--renderer", "glow"].map(OsStr::new);
        self.start_as(arguments.into_iter().chain([score.as_os_str()]), None)
    }

    /// Starts a tour, which has a store of its own.
    pub fn start_tour(&self, options: &[&str], setlist: &Path) -> Stage<'_> {
        let arguments = ["tour", "--renderer", "glow"].iter().chain(options);
        let arguments = arguments.map(OsStr::new).chain([setlist.as_os_str()]);
        self.start_program(arguments, Some(LOG))
    }

    fn start_as<'s>(
        &self,
        arguments: impl IntoIterator<Item = &'s OsStr>,
        log_filter: Option<&str>,
    ) -> Stage<'_> {
        let store = ["--store".into(), self.store().into_os_string()];
        let arguments = arguments.into_iter().map(OsStr::to_owned);
        self.start_program(store.into_iter().chain(arguments), log_filter)
    }

    fn start_program(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        log_filter: Option<&str>,
    ) -> Stage<'_> {
        let log = self.file("log");
        let program = Command::new(env!("CARGO_BIN_EXE_fermata"))
            .args(arguments)
            .env("DISPLAY", &self.display)
            .env("XDG_DATA_HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.file("config"))
            .env("FERMATA_FAIL_WINDOW_FILE", self.file("fail"))
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("RUST_LOG")
            .envs(log_filter.map(|filter| ("RUST_LOG", filter)))
            .stderr(Stdio::from(File::create(&log).unwrap()))
            .spawn()
            .unwrap();
        let mut stage = Stage {
            screen: self,
            program,
            window: String::new(),
            first_size: (0, 0),
        };
        until("a window opens", || {
            let ended = stage.program.try_wait().unwrap();
            let stderr = || std::fs::read_to_string(&log).unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}: {}", stderr());
            let found = self.hand(&["search", "--onlyvisible", "--name", "^Fermata$"]);
            stage.window = found.lines().next().unwrap_or("").to_owned();
            !stage.window.is_empty()
        });
        let window = stage.window.as_str();
        stage.first_size = self.size_of(window);
        self.hand(&["windowsize", window, "1280", "720"]);
        self.hand(&["windowmove", window, "0", "0"]);
        self.hand(&["windowfocus", window]);
        until("the window shows the stage, or why there is none", || {
            let log = std::fs::read_to_string(&log).unwrap();
            log_filter.is_none() || log.contains("first picture") || log.contains("no store")
        });
        until("the window is painted", || self.is_painted());
        // Another frame or two, until all has its place.
        sleep(Duration::from_millis(500));
        stage
    }

    /// Runs the program on the same store and screen; returns what it printed and how it ended.
    pub fn run(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let store = self.store();
        let store = [OsStr::new("--store"), store.as_os_str()];
        self.output(store.into_iter().chain(arguments.iter().map(OsStr::new)))
    }

    /// Runs a command on the same store; returns what it printed and how it ended.
    pub fn command(&self, words: &[&str]) -> (String, Option<i32>) {
        let store = self.store();
        let store = [OsStr::new("--store"), store.as_os_str()];
        self.output(words.iter().map(OsStr::new).chain(store))
    }

    fn output<'a>(&self, arguments: impl Iterator<Item = &'a OsStr>) -> (String, Option<i32>) {
        let done = Command::new(env!("CARGO_BIN_EXE_fermata"))
            .args(arguments)
            .env("DISPLAY", &self.display)
            .env("XDG_DATA_HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.file("config"))
            .env_remove("WAYLAND_DISPLAY")
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].concat();
        (String::from_utf8(said).unwrap(), done.status.code())
    }

    /// What the program has told on the terminal, with its log.
    pub fn told(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap()
    }

    /// Whether pieces play in what the window shows, which follows the history some frames later.
    fn shows_playing(&self) -> bool {
        let told = self.told();
        let last = told.lines().rfind(|line| line.contains("pieces that play"));
        last.is_some_and(|line| !line.contains("playing=0"))
    }

    /// How many actions the window has performed.
    fn actions(&self) -> usize {
        self.told().matches(": action ").count()
    }

    /// The only instance in the store and its history. The program must have ended.
    pub fn history(&self) -> (Status, Vec<Event>) {
        let archive = archive(&self.store()).unwrap();
        let instances = archive.list().unwrap();
        assert_eq!(instances.len(), 1, "{instances:?}");
        let events = archive.history(&instances[0].id).unwrap();
        (instances[0].status, events)
    }

    /// The same while the program runs; `None` where it cannot be seen just now.
    pub fn history_so_far(&self) -> Option<(Status, Vec<Event>)> {
        let archive = self.copy()?;
        let instance = archive.list().ok()?.into_iter().next()?;
        let events = archive.history(&instance.id).ok()?;
        Some((instance.status, events))
    }

    /// A copy of the store, which the program keeps for itself. It writes meanwhile, so the copy may
    /// be none.
    fn copy(&self) -> Option<Archive> {
        let copy = self.file("copy.redb");
        std::fs::copy(self.store(), &copy).ok()?;
        archive(&copy)
    }

    /// The texts that the runs of an instance began with, and how they ended. The program must have
    /// ended.
    pub fn rounds(&self, id: &InstanceId) -> Rounds {
        rounds(&archive(&self.store()).unwrap(), id).unwrap()
    }

    /// How many of them there are while the program runs.
    pub fn rounds_so_far(&self, id: &InstanceId) -> usize {
        let mut count = 0;
        until("the store can be copied", || {
            let seen = self.copy().and_then(|archive| rounds(&archive, id));
            count = seen.map_or(0, |rounds| rounds.len());
            count > 0
        });
        count
    }

    /// A file in the folder that is the program's own.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn store(&self) -> PathBuf {
        Path::new(self.folder.path()).join("store.redb")
    }

    /// Closes the window like a window manager.
    fn ask_to_close(&self, window: &str) {
        let (screen, _) = x11rb::connect(Some(&self.display)).unwrap();
        let window: u32 = window.parse().unwrap();
        let atom = |name: &[u8]| {
            let asked = screen.intern_atom(false, name).unwrap();
            asked.reply().unwrap().atom
        };
        let (protocols, delete) = (atom(b"WM_PROTOCOLS"), atom(b"WM_DELETE_WINDOW"));
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        let sent = screen.send_event(false, window, EventMask::NO_EVENT, message);
        sent.unwrap().check().unwrap();
    }

    /// Whether anything but one colour is in the middle of the screen.
    fn is_painted(&self) -> bool {
        let (screen, number) = x11rb::connect(Some(&self.display)).unwrap();
        let root = screen.setup().roots[number].root;
        let asked = screen.get_image(ImageFormat::Z_PIXMAP, root, 320, 180, 640, 360, u32::MAX);
        let image = asked.unwrap().reply().unwrap().data;
        image.chunks_exact(4).any(|pixel| pixel != &image[..4])
    }

    fn size_of(&self, window: &str) -> (u32, u32) {
        let told = self.hand(&["getwindowgeometry", "--shell", window]);
        let value = |name: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().parse().unwrap()
        };
        (value("WIDTH="), value("HEIGHT="))
    }

    fn hand(&self, moves: &[&str]) -> String {
        let done = Command::new("xdotool")
            .args(moves)
            .env("DISPLAY", &self.display)
            .output()
            .unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

/// The content of a store that is not in use.
fn archive(path: &Path) -> Option<Archive> {
    Some(Archive::new(Arc::new(RedbStore::open(path).ok()?)))
}

fn rounds(archive: &Archive, id: &InstanceId) -> Option<Rounds> {
    let runs = archive.runs(id).ok()?.into_iter();
    let rounds = runs.map(|(run, events)| match &events[0].kind {
        EventKind::ExecutionStarted { input, .. } => {
            (input.decode::<ScoreInput>().unwrap().score, run.status)
        }
        other => panic!("{other:?}"),
    });
    Some(rounds.collect())
}

/// Waits until a condition is true.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let patience = Instant::now() + PATIENCE;
    while !holds() {
        assert!(
            Instant::now() < patience,
            "within {PATIENCE:?}: not so: {what}"
        );
        sleep(Duration::from_millis(50));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.xvfb.kill();
        let _ = self.xvfb.wait();
    }
}

/// The running program.
pub struct Stage<'a> {
    screen: &'a Screen,
    program: Child,
    window: String,
    first_size: (u32, u32),
}

impl Stage<'_> {
    pub fn key(&self, key: &str) {
        self.screen.hand(&["key", key]);
    }

    /// Shows the scores: an empty window invites to one of them.
    pub fn show_scores(&self) {
        let before = self.screen.actions();
        self.key("s");
        until("the scores are shown", || self.screen.actions() > before);
    }

    /// Starts the score with this number.
    pub fn start_score(&self, number: &str) {
        self.show_scores();
        self.key(number);
    }

    /// Holds a key down until the only instance meets a condition.
    pub fn hold_key(&self, key: &str, what: &str, holds: impl Fn(Status, &[Event]) -> bool) {
        self.screen.hand(&["keydown", key]);
        self.until(what, holds);
        self.screen.hand(&["keyup", key]);
    }

    /// Waits for the window, which may be another one than before, and looks at it.
    pub fn until_window(&mut self) {
        until("there is a window", || {
            let found = self
                .screen
                .hand(&["search", "--onlyvisible", "--name", "^Fermata$"]);
            found
                .lines()
                .next()
                .unwrap_or("")
                .clone_into(&mut self.window);
            !self.window.is_empty() && self.screen.is_painted()
        });
        self.screen.hand(&["windowfocus", &self.window]);
        sleep(Duration::from_millis(500));
    }

    /// Waits until something is in the history of the only instance.
    pub fn until(&self, what: &str, holds: impl Fn(Status, &[Event]) -> bool) {
        until(what, || {
            let seen = self.screen.history_so_far();
            seen.is_some_and(|(status, events)| holds(status, &events))
        });
    }

    /// Waits until the runs of an instance are so.
    pub fn until_rounds(&self, id: &InstanceId, what: &str, holds: impl Fn(&Rounds) -> bool) {
        until(what, || {
            let seen = self.screen.copy().and_then(|archive| rounds(&archive, id));
            seen.is_some_and(|rounds| holds(&rounds))
        });
    }

    pub fn click(&self, x: u32, y: u32) {
        let (x, y) = (x.to_string(), y.to_string());
        self.screen.hand(&["mousemove", &x, &y]);
        sleep(Duration::from_millis(300));
        self.screen.hand(&["click", "1"]);
    }

    /// The user closes the window once; it may ask what becomes of the pieces that play.
    pub fn ask_to_close(&self) {
        self.screen.ask_to_close(&self.window);
    }

    /// The user closes the window, which asks what becomes of the pieces that play.
    pub fn until_asked(&self) {
        until("the window shows that it plays", || {
            self.screen.shows_playing()
        });
        let questions = || self.screen.told().matches("asks before it closes").count();
        let before = questions();
        self.ask_to_close();
        until("the window asks", || questions() > before);
    }

    /// The user closes the window, and once more when it asks what becomes of the pieces that play.
    pub fn close(mut self) {
        self.until_asked();
        assert_eq!(self.program.try_wait().unwrap(), None, "it did not ask");
        self.ask_to_close();
        assert_eq!(self.ended(), Some(0));
    }

    /// Width and height of the window as it opened, before it was given the size of the screen.
    pub fn first_size(&self) -> (u32, u32) {
        self.first_size
    }

    /// Whether there is a window.
    pub fn has_window(&self) -> bool {
        let found = self
            .screen
            .hand(&["search", "--onlyvisible", "--name", "^Fermata$"]);
        !found.trim().is_empty()
    }

    /// Presses the mouse at one place and releases it at another.
    pub fn drag(&self, from: (u32, u32), to: (u32, u32)) {
        let at = |(x, y): (u32, u32)| [x.to_string(), y.to_string()];
        let [x, y] = at(from);
        self.screen.hand(&["mousemove", &x, &y]);
        sleep(Duration::from_millis(300));
        self.screen.hand(&["mousedown", "1"]);
        for part in 1..=5 {
            let step = |a: u32, b: u32| (a * (5 - part) + b * part) / 5;
            let [x, y] = at((step(from.0, to.0), step(from.1, to.1)));
            self.screen.hand(&["mousemove", &x, &y]);
            sleep(Duration::from_millis(120));
        }
        self.screen.hand(&["mouseup", "1"]);
        sleep(Duration::from_millis(300));
    }

    /// Waits until the instances in the store are so.
    pub fn until_instances(&self, what: &str, holds: impl Fn(&[InstanceSummary]) -> bool) {
        until(what, || {
            let seen = self.screen.copy().and_then(|archive| archive.list().ok());
            seen.is_some_and(|instances| holds(&instances))
        });
    }

    /// The system asks the program to end.
    pub fn terminate(mut self) {
        let id = self.program.id().to_string();
        Command::new("sh")
            .args(["-c", &format!("kill -TERM {id}")])
            .status()
            .unwrap();
        assert_eq!(self.ended(), Some(143), "it did not end in order");
    }

    /// Waits until the program has ended by itself.
    pub fn until_ended(self) {
        self.until_ended_within(PATIENCE);
    }

    /// The same with more patience.
    pub fn until_ended_within(mut self, patience: Duration) {
        let patience = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < patience, "{}", self.screen.told());
            sleep(Duration::from_millis(50));
        };
        assert!(status.success(), "{status}: {}", self.screen.told());
    }

    /// The plug is pulled.
    pub fn kill(mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }

    /// How long it has used a processor, in its own code and in the system's. Others that use it
    /// meanwhile are not counted.
    pub fn processor_time(&self) -> ProcessorTime {
        let process = PathBuf::from(format!("/proc/{}", self.program.id()));
        match nanoseconds(&process) {
            Some(used) => ProcessorTime {
                used: Duration::from_nanos(used),
                grain: Duration::ZERO,
            },
            // Some systems count ticks only, and each of two sorts from when it is whole.
            None => ProcessorTime {
                used: TICK * ticks(&process),
                grain: 2 * TICK,
            },
        }
    }

    /// The code that it ended with; `None`: it crashed.
    fn ended(&mut self) -> Option<i32> {
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.program.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < patience, "it does not end");
            sleep(Duration::from_millis(50));
        }
    }
}

/// Processor time, and how far off the count may be.
pub struct ProcessorTime {
    pub used: Duration,
    pub grain: Duration,
}

/// What the kernel counts processor time in.
const TICK: Duration = Duration::from_millis(10);

/// What all threads have used, where the kernel keeps it.
fn nanoseconds(process: &Path) -> Option<u64> {
    let threads = std::fs::read_dir(process.join("task")).ok()?;
    let used = threads.map(|thread| {
        // One that has ended meanwhile used nothing since.
        let statistics = thread.ok()?.path().join("schedstat");
        let line = std::fs::read_to_string(statistics).ok()?;
        line.split(' ').next()?.parse::<u64>().ok()
    });
    let used: Vec<u64> = used.flatten().collect();
    used.iter().any(|used| *used > 0).then(|| used.iter().sum())
}

fn ticks(process: &Path) -> u32 {
    let line = std::fs::read_to_string(process.join("stat")).unwrap();
    let after_name = line.rsplit(')').next().unwrap();
    let fields: Vec<_> = after_name.split_whitespace().collect();
    fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap()
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
