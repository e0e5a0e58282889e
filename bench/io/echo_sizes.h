// What every server of this benchmark answers: as large as an etcd RangeResponse with
// its header and one value of 64 bytes.
#pragma once

#include <cstddef>
#include <string_view>

inline constexpr std::string_view kEchoPath = "/bench.Echo/Echo";
inline constexpr size_t kAnswerSize = 104;
