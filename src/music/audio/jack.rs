//! The JACK host, as a fallback when there is no default device.

/// The JACK host, if a server runs. The library is loaded at run time.
///
/// The library itself is not asked for a server: it takes locks that all clients share, and a process
/// that is killed meanwhile leaves them locked, so it must not be tried every second.
#[cfg(target_os = "linux")]
pub(super) fn jack() -> Option<cpal::Host> {
    let runs = jack_server_runs() || pipewire_runs();
    runs.then(|| cpal::host_from_id(cpal::HostId::Jack).ok())?
}

/// A JACK server listens on a socket with its name.
#[cfg(target_os = "linux")]
fn jack_server_runs() -> bool {
    use std::os::unix::fs::FileTypeExt;

    let server = std::env::var("JACK_DEFAULT_SERVER").unwrap_or_else(|_| "default".into());
    let prefix = format!("jack_{server}_");
    let Ok(entries) = std::fs::read_dir("/dev/shm") else {
        return false;
    };
    entries.flatten().any(|entry| {
        let is_its = entry.file_name().to_string_lossy().starts_with(&prefix);
        is_its && entry.file_type().is_ok_and(|kind| kind.is_socket())
    })
}

/// PipeWire can act as a JACK server.
#[cfg(target_os = "linux")]
fn pipewire_runs() -> bool {
    std::env::var_os("XDG_RUNTIME_DIR")
        .is_some_and(|folder| std::path::Path::new(&folder).join("pipewire-0").exists())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn jack() -> Option<cpal::Host> {
    None
}
