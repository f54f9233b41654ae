//! Waits as Rust's standard library does, on WASI 0.2: its first argument says for what. Panics when something is not as it should be.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["lines"] => lines(),
        ["copy"] => io::copy(&mut io::stdin(), &mut io::stdout()).map(drop),
        ["pour", bytes] => pour(bytes.parse().expect("a number of bytes")),
        ["sleep", milliseconds] => {
            sleep(milliseconds.parse().expect("a number of milliseconds"));
            Ok(())
        }
        ["connect", address] => connect(address),
        ["listen"] => listen(),
        ["datagrams", address] => datagrams(address),
        _ => panic!("what to wait for?"),
    }
}

/// Answers each line as soon as it is there.
fn lines() -> io::Result<()> {
    let mut stdout = io::stdout();
    write!(stdout, "> ")?;
    stdout.flush()?;
    for line in io::stdin().lock().lines() {
        write!(stdout, "{}\n> ", line?.to_uppercase())?;
        stdout.flush()?;
    }
    writeln!(stdout, "end")
}

/// Writes more than anybody takes at once.
fn pour(bytes: usize) -> io::Result<()> {
    let block: Vec<u8> = (0..=255).cycle().take(bytes).collect();
    io::stdout().write_all(&block)
}

fn sleep(milliseconds: u64) {
    let wanted = Duration::from_millis(milliseconds);
    let start = Instant::now();
    thread::sleep(wanted);
    assert!(start.elapsed() >= wanted, "woken early");
    println!("slept");
}

/// Sends its stdin to a server, ends its side, and prints the answer.
fn connect(address: &str) -> io::Result<()> {
    let found: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
    let mut stream = TcpStream::connect(&found[..])?;
    assert_eq!(stream.peer_addr()?.port(), found[0].port());
    stream.set_nodelay(true)?;
    io::copy(&mut io::stdin(), &mut stream)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    print!("{answer}");
    Ok(())
}

/// Tells where it listens, and echoes the lines of two clients, one after the other.
fn listen() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for _ in 0..2 {
        let (stream, from) = listener.accept()?;
        assert!(from.ip().is_loopback());
        for line in BufReader::new(&stream).lines() {
            (&stream).write_all(format!("echo {}\n", line?).as_bytes())?;
        }
    }
    Ok(())
}

/// Sends a datagram and prints the one that comes back.
fn datagrams(address: &str) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.send_to(b"one", address)?;
    let mut bytes = [0; 100];
    let (count, from) = socket.recv_from(&mut bytes)?;
    println!("{} from {from}", String::from_utf8_lossy(&bytes[..count]));
    socket.connect(address)?;
    socket.send(b"two")?;
    let count = socket.recv(&mut bytes)?;
    println!("{}", String::from_utf8_lossy(&bytes[..count]));
    Ok(())
}
