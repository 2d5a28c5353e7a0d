// Runs independent pieces of work on a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace mxt {

// Calls work(i) for each i below `count`, on at most `threads` threads; throws what the first failed one threw.
template <typename F>
void parallel(int64_t count, int threads, F work) {
    std::atomic<int64_t> next{0};
    std::exception_ptr failure;
    std::mutex guard;
    const auto run = [&] {
        try {
            for (int64_t i = next++; i < count; i = next++) work(i);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(guard);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    const int64_t wanted = std::min<int64_t>(threads, count);
    std::vector<std::thread> others;
    if (wanted > 1) others.reserve(wanted - 1);
    try {
        for (int64_t i = 1; i < wanted; i++) others.emplace_back(run);
    } catch (const std::system_error&) {
        // The system gives no more threads: those that run do all the work.
    }
    run();
    for (std::thread& thread : others) thread.join();
    if (failure) std::rethrow_exception(failure);
}

// How many rows a thread takes at a time: no more than `most`, or 64, and so few that all threads get some.
inline int64_t part_size(int64_t rows, int64_t most, int threads) {
    return std::min(std::max<int64_t>(most / 64 * 64, 64), (rows / threads / 64 + 1) * 64);
}

// Calls work(first, last) for stretches of rows of that size.
template <typename F>
void by_parts(int64_t rows, int64_t most, int threads, F work) {
    const int64_t size = part_size(rows, most, threads);
    parallel((rows + size - 1) / size, threads,
             [&](int64_t part) { work(part * size, std::min(rows, (part + 1) * size)); });
}

}  // namespace mxt
