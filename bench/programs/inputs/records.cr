# SPDX-License-Identifier: MIT
# records.cr - a program in Crystal that allocates: a table of records stays alive, others
# are built and dropped, and now and then one of them is put into the table.  Prints a
# checksum that depends on nothing but this file.

class Record
  getter number : Int32
  getter text : String
  property before : Record?

  def initialize(@number, @before = nil)
    @text = "number #{@number}"
  end

  def weight : Int64
    (@number + @text.size).to_i64
  end
end

table_size = 400_000
rounds = 150
list_length = 40_000
replaced_per_round = 2_000

table = Array(Record).new(table_size) { |i| Record.new(i) }
state = 1_u32
random_below = ->(bound : Int32) do
  state = state &* 1103515245_u32 &+ 12345_u32
  ((state >> 8) % bound).to_i
end

sum = 0_i64
rounds.times do
  list = Array(Record).new(list_length) { |i| Record.new(i) }
  replaced_per_round.times do
    record = list[random_below.call(list_length)]
    at = random_below.call(table_size)
    record.before = Record.new(table[at].number)
    table[at] = record
  end
  sum = (sum + list.sum(&.weight)) % 1_000_000_007
end
table.each do |record|
  sum = (sum * 31 + record.weight + (record.before.try(&.weight) || 0_i64)) % 1_000_000_007
end
puts "checksum #{sum}"
