//! What a machine is made of, as QEMU's command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// QEMU's name.
pub(crate) const PROGRAM: &str = "qemu-system-m68k";

/// The clock chip under [`Time::Instructions`].
pub(crate) const INSTRUCTION_CLOCK: [&str; 2] = ["-rtc", "base=2026-01-01T00:00:00,clock=vm"];

/// What the machine's clock counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// The host's time.
    Host,
    /// Instructions, a nanosecond each: a run repeats exactly, whatever else the
    /// host does. The clock starts with 2026.
    Instructions,
}

/// The processor of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cpu {
    /// An MC68030, which QEMU gives no MMU.
    M68030,
    /// An MC68040.
    M68040,
}

impl Cpu {
    /// Its name in QEMU.
    fn name(self) -> &'static str {
        match self {
            Cpu::M68030 => "m68030",
            Cpu::M68040 => "m68040",
        }
    }
}

/// QEMU with what all machines have: a processor that runs an image with a command line,
/// so much memory, and a console on standard input and output.
pub(crate) fn computer(cpu: Cpu, memory_mb: u64, image: &Path, command_line: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["-cpu", cpu.name(), "-m"]).arg(format!("{memory_mb}M"));
    command.arg("-kernel").arg(image);
    if !command_line.is_empty() {
        command.args(["-append", command_line]);
    }
    command.args(["-nodefaults", "-display", "none", "-monitor", "none", "-no-reboot"]);
    // The image's failure becomes QEMU's.
    command.args(["-action", "panic=exit-failure"]);
    // ^C is for the image.
    command.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
    command
}

/// A machine `virt`.
#[derive(Clone, Debug)]
pub struct Config {
    image: PathBuf,
    cpu: Cpu,
    memory_mb: u32,
    command_line: String,
    time: Time,
    gdb: Option<PathBuf>,
}

impl Config {
    /// A machine with a 68040 and 128 MB that runs an image.
    pub fn new(image: impl Into<PathBuf>) -> Config {
        Config {
            image: image.into(),
            cpu: Cpu::M68040,
            memory_mb: 128,
            command_line: String::new(),
            time: Time::Host,
            gdb: None,
        }
    }

    /// With another processor.
    #[must_use]
    pub fn cpu(mut self, cpu: Cpu) -> Config {
        self.cpu = cpu;
        self
    }

    /// With so many megabytes of memory.
    #[must_use]
    pub fn memory_mb(mut self, megabytes: u32) -> Config {
        self.memory_mb = megabytes;
        self
    }

    /// With one more option on the image's command line.
    #[must_use]
    pub fn option(mut self, option: impl AsRef<str>) -> Config {
        if !self.command_line.is_empty() {
            self.command_line.push(' ');
        }
        self.command_line.push_str(option.as_ref());
        self
    }

    /// With another clock.
    #[must_use]
    pub fn time(mut self, time: Time) -> Config {
        self.time = time;
        self
    }

    /// Waiting for gdb on a Unix socket before the first instruction.
    #[must_use]
    pub fn gdb(mut self, socket: impl Into<PathBuf>) -> Config {
        self.gdb = Some(socket.into());
        self
    }

    /// The image.
    pub fn image(&self) -> &Path {
        &self.image
    }

    /// QEMU with the machine, its console on standard input and output.
    pub(crate) fn command(&self) -> Command {
        let memory_mb = u64::from(self.memory_mb);
        let mut command = computer(self.cpu, memory_mb, &self.image, &self.command_line);
        command.args(["-M", "virt"]);
        if self.time == Time::Instructions {
            command.args(["-icount", "shift=0,sleep=off", "-seed", "1"]);
            command.args(INSTRUCTION_CLOCK);
        }
        if let Some(socket) = &self.gdb {
            let mut server = OsString::from("unix:");
            server.push(socket);
            server.push(",server=on,wait=off");
            command.arg("-S").arg("-gdb").arg(server);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(config: &Config) -> Vec<String> {
        let command = config.command();
        command.get_args().map(|arg| arg.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn options_are_joined() {
        let config = Config::new("k.elf").option("batch").option("node=1");
        let arguments = arguments(&config);
        let at = arguments.iter().position(|arg| arg == "-append").unwrap();
        assert_eq!(arguments[at + 1], "batch node=1");
    }

    #[test]
    fn only_what_is_asked_for() {
        let plain = arguments(&Config::new("k.elf"));
        assert!(!plain.iter().any(|arg| ["-append", "-icount", "-S"].contains(&arg.as_str())));
        let special =
            arguments(&Config::new("k.elf").time(Time::Instructions).gdb("/tmp/g").memory_mb(64));
        for wanted in ["-icount", "-S", "unix:/tmp/g,server=on,wait=off", "64M"] {
            assert!(special.iter().any(|arg| arg == wanted), "{wanted}");
        }
    }
}
