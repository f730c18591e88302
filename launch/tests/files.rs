//! The file service of a launch program: what it does in the folders that were given, and
//! that it does nothing elsewhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use abi::service::{Operation, Request, ServiceError, TRANSFER_MAX, kind, open};
use launch::files::{FileService, Folder, Folders, Reply};
use proptest::prelude::*;
use tempfile::TempDir;
use zerocopy::FromZeros;

/// A service for `/` and, read-only, `/fixed`; beside them lies a secret.
struct Bench {
    folder: TempDir,
    service: FileService,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["open", "fixed", "outside"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("outside/secret"), "secret").unwrap();
        fs::write(folder.path().join("fixed/page"), "a page").unwrap();
        let given = |name: &str, rest: &str| {
            format!("{}:{rest}", folder.path().join(name).display()).parse::<Folder>().unwrap()
        };
        let folders = Folders::open(&[given("open", "/"), given("fixed", "/fixed:ro")]).unwrap();
        Self { service: FileService::new(folders), folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn ask(&mut self, operation: Operation, numbers: (u32, u64, u32, u32), data: &[u8]) -> Reply {
        let mut request = Request::new_zeroed();
        request.operation = (operation as u32).into();
        request.descriptor = numbers.0.into();
        request.offset = numbers.1.into();
        request.length = numbers.2.into();
        request.flags = numbers.3.into();
        self.service.serve(operation, &request, data)
    }

    fn on_path(&mut self, operation: Operation, path: &str) -> i32 {
        self.ask(operation, (0, 0, TRANSFER_MAX, 0), path.as_bytes()).head.result.get()
    }

    fn open(&mut self, path: &str, flags: u32) -> Result<u32, ServiceError> {
        let result = self.ask(Operation::Open, (0, 0, 0, flags), path.as_bytes()).head.result.get();
        u32::try_from(result).map_err(|_| ServiceError::from_number(result).unwrap())
    }
}

const WRITE_NEW: u32 = open::WRITE | open::CREATE;

#[test]
fn a_file_is_written_read_resized_and_closed() {
    let mut bench = Bench::new();
    let file = bench.open("/notes", WRITE_NEW | open::READ).unwrap();
    assert_eq!(bench.ask(Operation::Write, (file, 3, 0, 0), b"text").head.result.get(), 4);
    assert_eq!(bench.ask(Operation::Resize, (file, 5, 0, 0), &[]).head.result.get(), 0);
    let read = bench.ask(Operation::Read, (file, 2, 100, 0), &[]);
    assert_eq!((read.head.result.get(), &read.data[..]), (3, &b"\0te"[..]));
    assert_eq!(bench.ask(Operation::Read, (file, 5, 100, 0), &[]).head.result.get(), 0);
    let status = bench.ask(Operation::Status, (file, 0, 0, 0), &[]);
    assert_eq!((status.head.kind.get(), status.head.size.get()), (kind::FILE, 5));
    assert_eq!(bench.ask(Operation::Close, (file, 0, 0, 0), &[]).head.result.get(), 0);
    let closed = bench.ask(Operation::Read, (file, 0, 1, 0), &[]);
    assert_eq!(closed.head.result.get(), ServiceError::BadDescriptor.code());
    assert_ne!(bench.open("/notes", open::READ), Ok(file), "a descriptor was used again");
    assert_eq!(fs::read(bench.path("open/notes")).unwrap(), b"\0\0\0te");
}

#[test]
fn appended_bytes_go_to_the_end_whatever_their_offset() {
    let mut bench = Bench::new();
    fs::write(bench.path("open/log"), "one").unwrap();
    let log = bench.open("log", open::APPEND).unwrap();
    bench.ask(Operation::Write, (log, 0, 0, 0), b" two");
    assert_eq!(fs::read(bench.path("open/log")).unwrap(), b"one two");
    assert_eq!(bench.open("log", WRITE_NEW | open::NEW), Err(ServiceError::Exists));
    bench.open("log", open::WRITE | open::TRUNCATE).unwrap();
    assert_eq!(fs::read(bench.path("open/log")).unwrap(), b"");
}

#[test]
fn folders_are_made_listed_renamed_and_removed() {
    let mut bench = Bench::new();
    assert_eq!(bench.on_path(Operation::MakeFolder, "/f"), 0);
    assert_eq!(bench.on_path(Operation::MakeFolder, "/f"), ServiceError::Exists.code());
    for name in ["/f/b", "/f/a", "/f/c"] {
        bench.open(name, WRITE_NEW).unwrap();
    }
    let all = bench.ask(Operation::List, (0, 0, TRANSFER_MAX, 0), b"/f");
    assert_eq!((all.head.result.get(), &all.data[..]), (3, &b"\x01a\0\x01b\0\x01c\0"[..]));
    let one = bench.ask(Operation::List, (0, 1, 5, 0), b"/f");
    assert_eq!((one.head.result.get(), &one.data[..]), (1, &b"\x01b\0"[..]));
    assert_eq!(bench.on_path(Operation::List, "/f/a"), ServiceError::WrongKind.code());
    assert_eq!(bench.on_path(Operation::Remove, "/f"), ServiceError::NotEmpty.code());
    assert_eq!(bench.on_path(Operation::Rename, "/f\0/g"), 0);
    for name in ["/g/a", "/g/b", "/g/c", "/g"] {
        assert_eq!(bench.on_path(Operation::Remove, name), 0, "{name}");
    }
    assert_eq!(bench.on_path(Operation::Look, "/g"), ServiceError::NotFound.code());
}

#[test]
fn nothing_leads_out_of_the_folders() {
    let mut bench = Bench::new();
    let secret = bench.path("outside/secret");
    symlink(&secret, bench.path("open/link")).unwrap();
    symlink("../outside", bench.path("open/folder")).unwrap();
    symlink("../outside/new", bench.path("open/dangling")).unwrap();
    let absolute = secret.to_str().unwrap();
    let ways =
        ["/../outside/secret", "../outside/secret", "x/../../outside/secret", "link", absolute];
    for way in ways.iter().chain(&["folder/secret", "./folder/../folder/secret"]) {
        let refused = bench.open(way, open::READ).unwrap_err();
        let is_refusal = matches!(refused, ServiceError::NotFound | ServiceError::Denied);
        assert!(is_refusal, "{way}: {refused:?}");
        assert!(bench.on_path(Operation::Look, way) < 0, "{way}");
    }
    assert!(bench.open("dangling", WRITE_NEW).is_err());
    assert!(bench.on_path(Operation::List, "folder") < 0);
    assert!(bench.on_path(Operation::Rename, "link\0folder/secret") < 0);
    assert_eq!(fs::read(secret).unwrap(), b"secret");
    assert!(!bench.path("outside/new").exists());
    // The link itself is the RDC's to remove.
    assert_eq!(bench.on_path(Operation::Remove, "link"), 0);
}

#[test]
fn a_folder_given_to_read_is_not_changed() {
    let mut bench = Bench::new();
    let denied = Err(ServiceError::Denied);
    let page = bench.open("/fixed/page", open::READ).unwrap();
    assert_eq!(bench.ask(Operation::Read, (page, 0, 9, 0), &[]).data, b"a page");
    for flags in [open::WRITE, open::APPEND, WRITE_NEW, open::READ | open::TRUNCATE] {
        assert_eq!(bench.open("/fixed/page", flags), denied, "{flags:#x}");
    }
    let written = bench.ask(Operation::Write, (page, 0, 0, 0), b"x").head.result.get();
    assert_eq!(written, ServiceError::BadDescriptor.code());
    let code = ServiceError::Denied.code();
    assert_eq!(bench.on_path(Operation::MakeFolder, "/fixed/f"), code);
    assert_eq!(bench.on_path(Operation::Remove, "/fixed/page"), code);
    assert_eq!(bench.on_path(Operation::Rename, "/fixed/page\0/page"), code);
    bench.open("/mine", WRITE_NEW).unwrap();
    assert_eq!(bench.on_path(Operation::Rename, "/mine\0/fixed/mine"), code);
    assert_eq!(fs::read(bench.path("fixed/page")).unwrap(), b"a page");
}

#[test]
fn bad_requests_are_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.open("/f", 0), Err(ServiceError::BadRequest));
    assert_eq!(bench.open("/f", 64 | open::READ), Err(ServiceError::BadRequest));
    assert_eq!(bench.open("", open::READ), Err(ServiceError::BadPath));
    assert_eq!(bench.open("/", open::READ), Err(ServiceError::WrongKind));
    assert_eq!(bench.open("/none", open::READ), Err(ServiceError::NotFound));
    assert_eq!(bench.on_path(Operation::Rename, "/a"), ServiceError::BadPath.code());
    assert_eq!(bench.on_path(Operation::Report, "x"), ServiceError::BadRequest.code());
}

#[test]
fn a_pipe_is_no_file_and_keeps_nobody_waiting() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let mut bench = Bench::new();
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, bench.path("open/pipe"), FileType::Fifo, mode, 0).unwrap();
    assert_eq!(bench.open("pipe", open::READ), Err(ServiceError::WrongKind));
}

#[test]
fn open_files_have_a_bound() {
    let mut bench = Bench::new();
    bench.open("/f", WRITE_NEW).unwrap();
    let refused = (0..10_000).find_map(|_| bench.open("/f", open::READ).err());
    assert_eq!(refused, Some(ServiceError::TooManyFiles));
}

/// All files below a folder, with their contents.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).collect()
}

proptest! {
    #[test]
    fn any_request_is_answered_and_stays_inside(
        requests in prop::collection::vec(
            (1i32..=15, 0u32..8, any::<u64>(), any::<u32>(), 0u32..64, "[./a\0b]{0,12}"),
            1..30,
        ),
    ) {
        let mut bench = Bench::new();
        let before = [contents(&bench.path("outside")), contents(&bench.path("fixed"))];
        for (operation, descriptor, offset, length, flags, data) in requests {
            let operation = Operation::from_number(operation).unwrap();
            // No disk has room for what a random size asks for.
            let offset = if operation == Operation::Resize { offset % 4096 } else { offset };
            let reply =
                bench.ask(operation, (descriptor, offset, length, flags), data.as_bytes());
            prop_assert!(reply.data.len() <= TRANSFER_MAX as usize);
        }
        let after = [contents(&bench.path("outside")), contents(&bench.path("fixed"))];
        prop_assert_eq!(before, after);
    }
}
