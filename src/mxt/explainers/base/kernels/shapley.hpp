// How often a player is the one that decides, of all orders in which players may come.
#pragma once

#include <cstddef>
#include <vector>

namespace mxt {

// a! b! / (a + b + 1)!, for a + b below the number of players.
class Weights {
  public:
    explicit Weights(int players) : size_(static_cast<size_t>(players) + 1), weights_(size_ * size_, 0.0) {
        for (size_t a = 0; a < size_; a++)
            for (size_t b = 0; a + b < size_; b++)
                weights_[a * size_ + b] = a ? weights_[(a - 1) * size_ + b] * static_cast<double>(a) /
                                                  static_cast<double>(a + b + 1)
                                            : 1.0 / static_cast<double>(b + 1);
    }
    double operator()(int a, int b) const {
        return weights_[static_cast<size_t>(a) * size_ + static_cast<size_t>(b)];
    }

  private:
    size_t size_;
    std::vector<double> weights_;
};

// What a leaf gives to each player that a background row fails, where the explained row misses some others; and what it
// takes from each of those.
inline double win(const Weights& weights, double value, int fails, int misses) {
    return fails ? value * weights(fails - 1, misses) : 0;
}
inline double loss(const Weights& weights, double value, int fails, int misses) {
    return misses ? value * weights(fails, misses - 1) : 0;
}

}  // namespace mxt
