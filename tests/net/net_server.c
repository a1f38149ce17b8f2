/* tests/net/net_server.c -- net_server.h as a program, for the bats files. */
#include "net_server.h"

int
main(void)
{
	return net_server();
}
