<?php
/**
 * What the owner has set, and what a constant in wp-config.php sets instead.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const OPTION = 'moderation_service';

/**
 * The settings of a fresh installation.
 *
 * `deadline` is in seconds. `when_away` is `hold`, or `wordpress` for WordPress's own rules.
 *
 * @return array<string, mixed>
 */
function defaults() {
	return array(
		'address'    => '',
		'key'        => '',
		'secret'     => '',
		'deadline'   => 2.0,
		'when_away'  => 'hold',
		'send_email' => true,
		'send_url'   => true,
		'send_ip'    => true,
	);
}

/**
 * One setting.
 *
 * @param string $name A key of defaults().
 * @return mixed
 */
function setting( $name ) {
	if ( is_fixed( $name ) ) {
		return constant( constant_of( $name ) );
	}
	$stored = get_option( OPTION, array() );
	$all    = array_merge( defaults(), is_array( $stored ) ? $stored : array() );
	return $all[ $name ];
}

/**
 * Whether wp-config.php sets this.
 *
 * @param string $name A key of defaults().
 * @return bool
 */
function is_fixed( $name ) {
	return in_array( $name, array( 'address', 'key', 'secret' ), true ) && defined( constant_of( $name ) );
}

/**
 * The constant that sets this in wp-config.php, such as MODERATION_SERVICE_KEY.
 *
 * @param string $name A key of defaults().
 * @return string
 */
function constant_of( $name ) {
	return 'MODERATION_SERVICE_' . strtoupper( $name );
}

/**
 * Whether there is a service to ask.
 *
 * @return bool
 */
function is_ready() {
	return '' !== setting( 'address' ) && '' !== setting( 'key' );
}

/**
 * Check what the settings page sends. What cannot be right is refused with a message, and the old value stays.
 *
 * @param mixed $sent The form's fields.
 * @return array<string, mixed>
 */
function sanitize_settings( $sent ) {
	$sent   = is_array( $sent ) ? $sent : array();
	$stored = get_option( OPTION, array() );
	$kept   = array_merge( defaults(), is_array( $stored ) ? $stored : array() );

	$address = isset( $sent['address'] ) ? tidy_address( $sent['address'] ) : $kept['address'];
	if ( '' === $address || is_address( $address ) ) {
		$kept['address'] = $address;
	} else {
		complain( 'address', __( 'The address has to begin with https:// (or http:// within your own network) and name a host, such as https://moderation.example.', 'moderation-service' ) );
	}
	foreach ( array( 'key', 'secret' ) as $name ) {
		// An empty field leaves what is stored: pages never show it.
		$value = isset( $sent[ $name ] ) ? trim( $sent[ $name ] ) : '';
		if ( '' !== $value && looks_right( $name, $value ) ) {
			$kept[ $name ] = $value;
		}
	}
	if ( isset( $sent['deadline'] ) ) {
		$kept['deadline'] = min( 30.0, max( 0.5, (float) $sent['deadline'] ) );
	}
	if ( isset( $sent['when_away'] ) ) {
		$kept['when_away'] = 'wordpress' === $sent['when_away'] ? 'wordpress' : 'hold';
	}
	foreach ( array( 'send_email', 'send_url', 'send_ip' ) as $name ) {
		if ( isset( $sent['form'] ) || isset( $sent[ $name ] ) ) {
			$kept[ $name ] = ! empty( $sent[ $name ] );
		}
	}
	return array_intersect_key( $kept, defaults() );
}

/**
 * An address as people paste it: the scheme in any letters, a slash at its end, or a path of the API behind it.
 *
 * @param string $address As typed.
 * @return string
 */
function tidy_address( $address ) {
	$address = (string) preg_replace( '#/v1(/.*)?$#', '', trim( $address ) );
	return untrailingslashit( (string) preg_replace_callback( '#^https?:#i', static fn( $scheme ) => strtolower( $scheme[0] ), $address ) );
}

/**
 * Whether this can be the service's address.
 *
 * @param string $address As typed.
 * @return bool
 */
function is_address( $address ) {
	$parts = wp_parse_url( $address );
	return is_array( $parts )
		&& isset( $parts['scheme'], $parts['host'] )
		&& in_array( $parts['scheme'], array( 'http', 'https' ), true )
		&& ! isset( $parts['query'] ) && ! isset( $parts['fragment'] ) && ! isset( $parts['user'] )
		&& esc_url_raw( $address, array( 'http', 'https' ) ) === $address;
}

/**
 * Whether a key or a secret has the form that the service gives it; says so when not.
 *
 * @param string $name  `key` or `secret`.
 * @param string $value As pasted.
 * @return bool
 */
function looks_right( $name, $value ) {
	if ( 'key' === $name && ! preg_match( '/^[\x21-\x7e]{8,200}$/', $value ) ) {
		complain( 'key', __( 'This is not an API key: copy the whole of what stands behind “API key:”.', 'moderation-service' ) );
		return false;
	}
	if ( 'secret' === $name && '' === secret_bytes( $value ) ) {
		complain( 'secret', __( 'This is not a webhook secret: it begins with whsec_, and stands behind “Webhook secret:”.', 'moderation-service' ) );
		return false;
	}
	return true;
}

/**
 * Have the settings page say what is wrong with a field.
 *
 * @param string $name    The field.
 * @param string $message What to change.
 */
function complain( $name, $message ) {
	if ( function_exists( 'add_settings_error' ) ) {
		add_settings_error( OPTION, OPTION . '_' . $name, $message );
	}
}

add_action(
	'init',
	static function () {
		register_setting(
			OPTION,
			OPTION,
			array(
				'type'              => 'array',
				'sanitize_callback' => __NAMESPACE__ . '\\sanitize_settings',
				'show_in_rest'      => false,
			)
		);
	}
);
