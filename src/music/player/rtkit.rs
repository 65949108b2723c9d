//! Real-time priority from rtkit, a service of most Linux desktops that grants it to users without the
//! right. It requires a limit on how long a thread may run without sleeping.

use std::{fmt::Display, time::Duration};

use rustix::{
    process::{Resource, Rlimit, getrlimit, setrlimit},
    thread::gettid,
};
use zbus::{Connection, Proxy, connection::Builder, proxy::CacheProperties};

const NAME: &str = "org.freedesktop.RealtimeKit1";
const PATH: &str = "/org/freedesktop/RealtimeKit1";
/// How long to wait for the service.
const TIMEOUT: Duration = Duration::from_secs(2);
/// The requested priority, if the service grants that much.
const WANTED: i32 = 20;

/// Requests it for the calling thread.
pub(super) fn ask() -> Result<(), String> {
    ask_on(Builder::system())
}

/// Requests it from the service on a bus.
fn ask_on(bus: zbus::Result<Builder<'_>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(text)?;
    let asked = async {
        let bus = bus.map_err(text)?.build().await.map_err(text)?;
        request(&bus).await
    };
    let answer = runtime.block_on(async { tokio::time::timeout(TIMEOUT, asked).await });
    answer.unwrap_or_else(|_| Err("no answer".into()))
}

async fn request(bus: &Connection) -> Result<(), String> {
    let service = zbus::proxy::Builder::<Proxy<'_>>::new(bus)
        .destination(NAME)
        .and_then(|builder| builder.path(PATH))
        .and_then(|builder| builder.interface(NAME))
        .map_err(text)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
        .map_err(text)?;
    let most: i32 = service
        .get_property("MaxRealtimePriority")
        .await
        .map_err(text)?;
    let micros: i64 = service.get_property("RTTimeUSecMax").await.map_err(text)?;
    limit_run_time(u64::try_from(micros).map_err(text)?)?;
    let thread = u64::try_from(gettid().as_raw_nonzero().get()).map_err(text)?;
    let priority = u32::try_from(most.clamp(1, WANTED)).map_err(text)?;
    service
        .call_method("MakeThreadRealtime", &(thread, priority))
        .await
        .map(drop)
        .map_err(text)
}

/// Limits how many microseconds a real-time thread of this process may run without sleeping. The system
/// ends a thread that runs longer.
fn limit_run_time(micros: u64) -> Result<(), String> {
    let now = getrlimit(Resource::Rttime);
    let least = |limit: Option<u64>| Some(limit.map_or(micros, |limit| limit.min(micros)));
    let limit = Rlimit {
        current: least(now.current),
        maximum: least(now.maximum),
    };
    setrlimit(Resource::Rttime, limit).map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        process::{Child, Command, Stdio},
        sync::mpsc,
    };

    use super::*;

    /// A bus for a test; `None` where no bus can be started.
    struct Bus {
        daemon: Child,
        address: String,
    }

    impl Bus {
        fn start() -> Option<Self> {
            let mut daemon = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut address = String::new();
            let text = BufReader::new(daemon.stdout.take()?).read_line(&mut address);
            text.ok()?;
            let address = address.trim().to_owned();
            Some(Self { daemon, address })
        }

        fn connect(&self) -> zbus::Result<Builder<'_>> {
            Builder::address(self.address.as_str())
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.daemon.kill();
            let _ = self.daemon.wait();
        }
    }

    /// A thread, the requested priority, and the limit of its run time.
    type Question = (u64, u32, Option<u64>);

    /// Records requests, and grants them or not.
    struct FakeRtkit {
        asked: mpsc::Sender<Question>,
        grants: bool,
    }

    #[zbus::interface(name = "org.freedesktop.RealtimeKit1")]
    impl FakeRtkit {
        fn make_thread_realtime(&self, thread: u64, priority: u32) -> zbus::fdo::Result<()> {
            let limit = getrlimit(Resource::Rttime).maximum;
            self.asked.send((thread, priority, limit)).unwrap();
            match self.grants {
                true => Ok(()),
                false => Err(zbus::fdo::Error::AccessDenied("not on this stage".into())),
            }
        }

        #[zbus(property)]
        fn max_realtime_priority(&self) -> i32 {
            7
        }

        #[zbus(property, name = "RTTimeUSecMax")]
        fn rttime_usec_max(&self) -> i64 {
            90_000_000
        }
    }

    /// Asks a fake service. Returns its answer and the request.
    fn ask_fake(grants: bool) -> Option<(Result<(), String>, Question)> {
        let bus = Bus::start()?;
        let (asked, questions) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let fake = FakeRtkit { asked, grants };
        let service = bus.connect().unwrap().name(NAME).unwrap();
        let service = service.serve_at(PATH, fake).unwrap();
        let _service = runtime.block_on(service.build()).unwrap();
        let answer = ask_on(bus.connect());
        Some((answer, questions.recv().unwrap()))
    }

    #[test]
    fn rtkit_is_asked_for_this_thread_within_its_limits() {
        let Some((answer, (thread, priority, limit))) = ask_fake(true) else {
            return eprintln!("skipped: there is no dbus-daemon");
        };
        assert_eq!(answer, Ok(()));
        assert_eq!(thread, gettid().as_raw_nonzero().get() as u64);
        assert_eq!(priority, 7, "no more than it grants");
        assert!(limit.unwrap() <= 90_000_000, "limited before the request");
    }

    #[test]
    fn errors_of_rtkit_are_passed_on() {
        let Some((answer, _)) = ask_fake(false) else {
            return eprintln!("skipped: there is no dbus-daemon");
        };
        let reason = answer.unwrap_err();
        assert!(reason.contains("not on this stage"), "{reason}");
    }

    #[test]
    fn without_the_service_there_is_a_reason() {
        let Some(bus) = Bus::start() else {
            return eprintln!("skipped: there is no dbus-daemon");
        };
        assert!(ask_on(bus.connect()).is_err());
        assert!(ask_on(Builder::address("unix:path=/nowhere/at/all")).is_err());
    }
}
