# SPDX-License-Identifier: MIT
# lists.cr - an old array and a hash that take up young objects.

class Item
  getter number : Int32
  getter text : String
  getter before : Item?

  def initialize(@number, @text, @before)
  end

  def length : Int32
    text.size + (before.try(&.text.size) || 0)
  end
end

size = 20_000
old = Array(Item?).new(size, nil)
names = {} of String => Item
seed = 42_u32

500_000.times do |i|
  seed = seed &* 1103515245_u32 &+ 12345_u32
  at = ((seed >> 8) % size).to_i
  item = Item.new(i, "number #{i}", i % 3 == 0 ? nil : Item.new(-i, "before #{i}", nil))
  old[at] = item
  names["name #{at % 1000}"] = item
end

puts old.sum { |item| item ? item.length : 0 }
puts names.values.sum(&.number.to_i64)
puts names["name 77"].text
