//! Greets its arguments on standard output, says on standard error what it did, and exits with the
//! code that the environment variable `EXIT_CODE` asks for; what WASI 0.2 makes of it is 0 or 1.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    let names: Vec<String> = env::args().skip(1).collect();
    for name in &names {
        println!("Hello, {name}!");
    }
    eprintln!("std-hello: {} greeted", names.len());
    match env::var("EXIT_CODE") {
        Ok(code) => ExitCode::from(code.parse::<u8>().expect("EXIT_CODE is a number below 256")),
        Err(_) => ExitCode::SUCCESS,
    }
}
