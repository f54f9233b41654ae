//! `nested`: ends inside of other values.

use wit_bindgen::{FutureReader, StreamReader};

use crate::Component;
use crate::every::read_all;
use crate::exports::tidegate::elements::nested::{Bundle, Guest};

type Pair = (StreamReader<String>, u32, FutureReader<u32>);

impl Guest for Component {
    fn pass_record(value: Bundle) -> Bundle {
        value
    }

    fn pass_tuple(value: Pair) -> Pair {
        value
    }

    fn pass_option(value: Option<StreamReader<String>>) -> Option<StreamReader<String>> {
        value
    }

    fn pass_list(values: Vec<StreamReader<String>>) -> Vec<StreamReader<String>> {
        values
    }

    async fn read_record(value: Bundle) -> (Vec<String>, u32) {
        let mut all = Vec::new();
        read_all(value.items, 10, |chunk| all.append(chunk)).await;
        (all, value.value.await)
    }
}
