//! Several programs, and what the operating system denies them: this test program, started again for one part of it.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

const PART: &str = "FASTFETCH_TEST_PART";
const FILE: &str = "FASTFETCH_TEST_FILE";
const SAYS: &str = "says: ";

struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(part: &str, path: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "engine::checkpoint::tests::programs::another_program", "--nocapture"])
            .env(PART, part)
            .env(FILE, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next it says; nothing after it has ended.
    fn says(&mut self) -> Option<String> {
        self.lines.by_ref().map_while(Result::ok).find_map(|line| Some(line.split_once(SAYS)?.1.to_owned()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(words: &str) {
    println!("{SAYS}{words}");
    std::io::stdout().flush().unwrap();
}

/// Until the program that started this one lets go of it.
fn wait_for_the_end() {
    let _ = std::io::stdin().lines().next();
}

/// Writing beyond it fails from now on, as on a full disk.
fn limit_file_size(size: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: size, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is a live value; a signal that is ignored runs nothing.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
}

/// Does nothing in a test run of its own.
#[tokio::test]
async fn another_program() {
    let (Ok(part), Ok(path)) = (std::env::var(PART), std::env::var(FILE).map(PathBuf::from)) else { return };
    match part.as_str() {
        "hold" => {
            let checkpoint = open(&path).await;
            checkpoint.keep(key(1), b"theirs".to_vec()).await.unwrap();
            say("open");
            wait_for_the_end();
        }
        "keep" => {
            let checkpoint = open(&path).await;
            for number in 0.. {
                checkpoint.keep(key(number), number.to_be_bytes().to_vec()).await.unwrap();
                say(&number.to_string());
            }
        }
        "fill" => {
            let checkpoint = open(&path).await;
            limit_file_size(300_000);
            let mut kept = 0;
            let Trouble(words) = loop {
                match checkpoint.keep(key(kept), vec![1; 1000]).await {
                    Ok(()) => kept += 1,
                    Err(trouble) => break trouble,
                }
            };
            limit_file_size(libc::RLIM_INFINITY);
            assert_eq!(checkpoint.keep(key(kept), vec![1; 1000]).await, Err(Trouble(words.clone())), "also with room again");
            assert_eq!(checkpoint.find(key(kept)).await, Ok(None));
            for number in 0..kept {
                assert_eq!(checkpoint.find(key(number)).await, Ok(Some(vec![1; 1000])));
            }
            checkpoint.close().await;
            say(&words);
            say(&kept.to_string());
        }
        "denied" => {
            // SAFETY: no other thread of this program cares who it is. Where that is not allowed, the user is not root anyway.
            unsafe { libc::setuid(65534) };
            say(&refused(&path).await);
        }
        "fork" => {
            let checkpoint = open(&path).await;
            // SAFETY: the child allocates and opens files, which glibc, musl and macOS allow, and ends without any clean-up.
            match unsafe { libc::fork() } {
                0 => {
                    let runtime = std::thread::spawn(move || {
                        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                        runtime.block_on(Checkpoint::open(&path.with_extension("other"), SOON)).unwrap_err()
                    });
                    say(&runtime.join().unwrap().0);
                    // SAFETY: it ends the process.
                    unsafe { libc::_exit(0) };
                }
                // SAFETY: a null pointer is allowed where nobody asks for the status.
                child => unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) },
            };
            checkpoint.keep(key(1), vec![1]).await.unwrap();
            say("parent goes on");
        }
        part => panic!("no such part: {part}"),
    }
}

#[tokio::test]
async fn another_program_is_kept_out_until_it_is_closed_or_killed() {
    let (_directory, path) = nowhere();
    let mut program = Program::start("hold", &path);
    assert_eq!(program.says().as_deref(), Some("open"));
    assert!(refused(&path).await.contains("is in use by another batch or another program"));
    drop(program);
    assert_eq!(open(&path).await.find(key(1)).await, Ok(Some(b"theirs".to_vec())));
    let mine = open(&path).await;
    let mut program = Program::start("denied", &path);
    let words = program.says().unwrap();
    assert!(words.contains("is in use") || words.contains("Permission denied"), "{words}");
    drop(program);
    mine.keep(key(2), Vec::new()).await.unwrap();
}

#[tokio::test]
async fn what_a_killed_program_has_kept_is_there() {
    let (_directory, path) = nowhere();
    let mut program = Program::start("keep", &path);
    for number in 0..200 {
        assert_eq!(program.says(), Some(number.to_string()));
    }
    drop(program);
    let checkpoint = open(&path).await;
    for number in 0_u32..200 {
        assert_eq!(checkpoint.find(key(number)).await, Ok(Some(number.to_be_bytes().to_vec())));
    }
}

#[tokio::test]
async fn a_full_disk_ends_the_writing_and_leaves_what_was_written() {
    let (_directory, path) = nowhere();
    let mut program = Program::start("fill", &path);
    let words = program.says().unwrap();
    assert!(words.contains("cannot be written") && words.contains("File too large"), "{words}");
    let kept: u32 = program.says().unwrap().parse().unwrap();
    assert!(program.child.wait().unwrap().success());
    assert!(kept > 10);
    let checkpoint = open(&path).await;
    for number in 0..kept {
        assert_eq!(checkpoint.find(key(number)).await, Ok(Some(vec![1; 1000])));
    }
    assert_eq!(checkpoint.keep(key(kept), vec![1; 1000]).await, Ok(()));
}

#[tokio::test]
async fn the_system_says_what_is_denied() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, path) = nowhere();
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let denied = |path: &Path| {
        let words = Program::start("denied", path).says().unwrap();
        assert!(words.contains("cannot be opened: Permission denied (os error "), "{words}");
    };
    open(&path).await.close().await;
    allow(directory.path(), 0o555);
    denied(&directory.path().join("new"));
    allow(&path, 0o666);
    denied(&path);
    allow(directory.path(), 0o777);
    allow(&path, 0o444);
    denied(&path);
    allow(&path, 0o000);
    denied(&path);
}

#[tokio::test]
async fn a_process_forked_amid_a_batch_is_told() {
    let (_directory, path) = nowhere();
    let mut program = Program::start("fork", &path);
    let words = program.says().unwrap();
    assert!(words.contains("this process was forked from one that had a checkpoint open"), "{words}");
    assert_eq!(program.says().as_deref(), Some("parent goes on"));
}
